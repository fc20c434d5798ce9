"""The definition of a model, which its file in models/ makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from petalstream.features import Category, Feature
from services.trainer.definition.columns import Classes, Csv, Ignored
from services.trainer.definition.complaints import complaints
from services.trainer.definition.errors import DefinitionError
from services.trainer.definition.source import Source


@dataclass(frozen=True)
class Definition:
    """A model to train: its CSV, columns, estimator and grid of parameters.

    - `features` may have columns that are `Ignored`.
    - `grid`: the values to try of each parameter. Each voter of a majority vote is searched by itself.
    - `scoring`: the scikit-learn score that the search maximises.
    - `least_accuracy`: below this accuracy on the validation part nothing is published.
    - `compare_without`: inputs; the model is also cross-validated without each of them.
    - `code`: files in model_code/ that the estimator is made of; `requirements`: packages, such as "lightgbm==4.7.0".
    - `title`, `predicts` (a sentence), `sample` (what a row is), `notes` and `source` are shown to users.
    """

    csv: Csv | str
    features: Sequence[Feature | Ignored]
    target: Classes
    estimator: Any
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    scoring: str = "accuracy"
    least_accuracy: float = 0.0
    compare_without: Sequence[str] = ()
    code: Sequence[str] = ()
    requirements: Sequence[str] = ()
    title: str = ""
    predicts: str = ""
    sample: str = "sample"
    notes: Sequence[str] = ()
    source: Source | None = None

    def __post_init__(self) -> None:
        """Raise DefinitionError for the first contradiction."""
        for complaint in complaints(self):
            raise DefinitionError(complaint)

    @property
    def file(self) -> Csv:
        """Return the CSV with its format."""
        return Csv(self.csv) if isinstance(self.csv, str) else self.csv

    @cached_property
    def columns(self) -> tuple[Feature, ...]:
        """Return the features, in the order in which they are shown."""
        return tuple(each for each in self.features if isinstance(each, Feature))

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """Return the names of the columns that the model does without."""
        return tuple(each.name for each in self.features if isinstance(each, Ignored))

    @cached_property
    def inputs(self) -> tuple[Feature, ...]:
        """Return the features that the estimator gets, in the order of its columns."""
        return tuple(feature for feature in self.columns if feature.used)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels in the order of their codes."""
        return self.target.order

    def completed(self, choices: Mapping[str, Sequence[str]], labels: Sequence[str]) -> Self:
        """Return the definition with `choices` for categories without them, and `labels` if it has none."""
        features = [
            replace(each, choices=tuple(choices[each.name]))
            if isinstance(each, Category) and not each.choices
            else each
            for each in self.features
        ]
        target = self.target if self.target.words else replace(self.target, labels=tuple(labels))
        return replace(self, features=features, target=target)

    @property
    def lacking(self) -> list[str]:
        """Return the names of the categories whose choices are those of the CSV."""
        return [each.name for each in self.features if isinstance(each, Category) and not each.choices]
