"""What a file in models/ says of its model."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    last is the one that curves are drawn for. `grid` is a parameter grid as scikit-learn takes it, and `scoring` names
    what is best in it; in a majority vote each voter is searched for by itself. Below `least_accuracy` on the
    validation part nothing is published. Accuracy is measured again without each feature in `compare_without`.

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
        """Raise DefinitionError where names are missing or said twice."""
        names = [feature.name for feature in self.features]
        if len({*names, self.target}) <= len(names):
            raise DefinitionError("the names of features and target must differ from each other")
        if not self.inputs or len(set(self.words.values())) < max(2, len(self.labels)):
            raise DefinitionError("a model needs an input and two or more labels that differ")
        for name in self.compare_without:
            if name not in [feature.name for feature in self.inputs] or len(self.inputs) == 1:
                raise DefinitionError(f"compare_without names {name!r}, which is none of two or more inputs")

    @property
    def words(self) -> Mapping[str, str]:
        """The word for each value of the target, in the order of `labels`."""
        return self.labels if isinstance(self.labels, Mapping) else {label: label for label in self.labels}

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that the model uses, in the order of its columns."""
        return tuple(feature for feature in self.features if feature.used)


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
    except Exception as error:  # it is somebody's code, and may raise anything
        raise DefinitionError(f"{where}: {type(error).__name__}: {error}") from error
    if not isinstance(found, Definition):
        raise DefinitionError(f"{where}: MODEL must be a Definition, not a {type(found).__name__}")
    return found
