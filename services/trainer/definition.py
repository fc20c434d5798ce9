"""What a file in models/ says of its model."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import SAMPLE_ID
from petalstream.inference import is_vote, voters
from petalstream.messages import MODEL_NAME
from petalstream.schema import Feature
from services.trainer import models


class DefinitionError(ValueError):
    """A file in models/ that defines no model; the message names the file and what was expected."""


@dataclass(frozen=True)
class Source:
    """Where data is from: how to cite it, its page, and its licence."""

    citation: str
    url: str
    licence: str


@dataclass(frozen=True)
class Definition:
    """A model to be trained: which CSV, which columns, which estimator and the grid to search for its parameters.

    `labels` gives the values of the column `target`, or maps each to the word that the model answers with; of two the
    last is the one that curves are drawn for. `grid` has the values to try for each parameter, and `scoring` names what
    is best in it, a scoring of scikit-learn that needs no positive class; in a majority vote each voter is searched for
    by itself. Below `least_accuracy` on the validation part nothing is published. Accuracy is measured again without
    each feature in `compare_without`.

    `title`, `predicts` (a sentence), `sample` (what a row is), `notes` (what one should know) and `source` are shown.
    """

    csv: str
    features: Sequence[Feature]
    target: str
    labels: Sequence[str] | Mapping[str, str]
    estimator: Any
    grid: Mapping[str, Sequence[Any]]
    scoring: str = "accuracy"
    least_accuracy: float = 0.0
    compare_without: Sequence[str] = ()
    title: str = ""
    predicts: str = ""
    sample: str = "sample"
    notes: Sequence[str] = ()
    source: Source | None = None

    def __post_init__(self) -> None:
        """Raise DefinitionError where it cannot be meant so."""
        for complaint in _complaints(self):
            raise DefinitionError(complaint)

    @property
    def words(self) -> Mapping[str, str]:
        """The word for each value of the target, in the order of `labels`."""
        return self.labels if isinstance(self.labels, Mapping) else {label: label for label in self.labels}

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that the model uses, in the order of its columns."""
        return tuple(feature for feature in self.features if feature.used)


def searched_by_voter(estimator: Any) -> bool:
    """Whether each voter is searched for by itself: of a majority vote that is the estimator and no part of one."""
    return is_vote(estimator) and hasattr(estimator, "estimators")


def _complaints(model: Definition) -> Iterator[str]:
    names, inputs = [feature.name for feature in model.features], [feature.name for feature in model.inputs]
    if len({*names, model.target, SAMPLE_ID}) < len(names) + 2:
        yield f"features and target must have names that differ, and none may be {SAMPLE_ID!r}, the line of a sample"
    labels = [*model.words, *model.words.values()]
    if not all(isinstance(label, str) and label for label in labels):
        yield "labels must be texts, as they stand in the CSV"
    if not inputs or len(set(model.words.values())) < max(2, len(model.labels)):
        yield "a model needs an input and two or more labels that differ"
    for name in model.compare_without:
        if name not in inputs or len(inputs) == 1:
            yield f"compare_without names {name!r}, which is none of two or more inputs"
    if isinstance(model.estimator, type) or not hasattr(model.estimator, "fit"):
        yield "the estimator must be an estimator of scikit-learn, with its parameters in brackets"
    elif not is_vote(model.estimator) and not hasattr(model.estimator, "predict_proba"):
        yield "the estimator must give probabilities (predict_proba) or be a majority vote"
    elif searched_by_voter(model.estimator):
        for key in model.grid:
            if key.split("__")[0] not in voters(model.estimator):
                yield f"the grid has {key!r}, which begins with the name of no voter"


def defined_names() -> list[str]:
    """The names of all models that have a file in models/."""
    return sorted(module.name for module in pkgutil.iter_modules(models.__path__))


def definition(name: str) -> Definition:
    """The definition of the model `name`, one of defined_names(). Raises DefinitionError."""
    where = f"services/trainer/models/{name}.py"
    if not MODEL_NAME.fullmatch(name):
        raise DefinitionError(f"{where}: a model's name is lower case letters, digits and _, and begins with a letter")
    try:
        found = importlib.import_module(f"{models.__name__}.{name}").MODEL
    except (Exception, SystemExit) as error:  # it is somebody's code, and may raise anything
        raise DefinitionError(f"{where}: {type(error).__name__}: {error}") from error
    if not isinstance(found, Definition):
        raise DefinitionError(f"{where}: MODEL must be a Definition, not a {type(found).__name__}")
    return found
