"""The definition of a model, which its file in models/ makes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import SAMPLE_ID
from petalstream.inference import is_vote, voters
from petalstream.schema import Feature


class DefinitionError(ValueError):
    """A definition that no model can be trained from; the message says what was found and expected."""


@dataclass(frozen=True)
class Source:
    """The source of a data set: its citation, web page and licence."""

    citation: str
    url: str
    licence: str


@dataclass(frozen=True)
class Definition:
    """A model to train: its CSV, columns, estimator and grid of parameters.

    - `labels`: the values of the column `target`, or a mapping from each to the word that is predicted for it. The
      curves of a report are drawn for the last of two.
    - `grid`: the values to try of each parameter. Each voter of a majority vote is searched by itself.
    - `scoring`: the scikit-learn score that the search maximises; it must need no positive class.
    - `least_accuracy`: below this accuracy on the validation part nothing is published.
    - `compare_without`: inputs; the model is also cross-validated without each of them.
    - `title`, `predicts` (a sentence), `sample` (what a row is), `notes` and `source` are shown to users.
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
        """Raise DefinitionError for the first contradiction."""
        for complaint in _complaints(self):
            raise DefinitionError(complaint)

    @property
    def words(self) -> Mapping[str, str]:
        """The label that is predicted for each value of the target, in the order of `labels`."""
        return self.labels if isinstance(self.labels, Mapping) else {label: label for label in self.labels}

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that the estimator gets, in the order of its columns."""
        return tuple(feature for feature in self.features if feature.used)


def is_searched_by_voter(estimator: Any) -> bool:
    """Return whether each voter is searched by itself: in a majority vote that is not inside a Pipeline."""
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
    elif is_searched_by_voter(model.estimator):
        for key in model.grid:
            if key.split("__")[0] not in voters(model.estimator):
                yield f"the grid has {key!r}, which begins with the name of no voter"
