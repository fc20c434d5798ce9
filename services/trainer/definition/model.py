"""The definition of a model, which its file in models/ makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from petalstream.features import Category, Feature, Number
from services.trainer.definition.card import Card
from services.trainer.definition.columns import Classes, Csv, Ignored
from services.trainer.definition.complaints import complaints
from services.trainer.definition.conditions import BetterThanBaseline, Condition, NoWorseThanServed
from services.trainer.definition.errors import DefinitionError
from services.trainer.definition.fitted import Fitted
from services.trainer.definition.source import Source
from services.trainer.definition.split import Split


@dataclass(frozen=True)
class Definition:
    """A model to train: its CSV, columns, estimator and grid of parameters.

    - `features` may have columns that are `Ignored`.
    - `target`: `Classes`, or a `Number` that the model predicts, with intervals that contain the true number with
      probability `coverage`.
    - `grid`: the values to try of each parameter. Each voter of a majority vote is searched by itself.
    - `scoring`: the scikit-learn score that the search maximises, accuracy or the negative mean absolute error if none
      is given.
    - `split`: how the rows are divided into training, validation and test part.
    - `publish_if`: conditions of publication; without them every model is published.
    - `compare_without`: inputs; the model is also cross-validated without each of them.
    - `code`: files in model_code/ that the estimator is made of; `requirements`: packages, such as "lightgbm==4.7.0".
    - `fitted`: a model that was fitted elsewhere, in place of `estimator`, `grid` and `scoring`. All rows of the CSV
      then evaluate it.
    - `title`, `predicts` (a sentence), `sample` (what a row is), `notes`, `source` and `card` are shown to users.
    """

    csv: Csv | str
    features: Sequence[Feature | Ignored]
    target: Classes | Number
    estimator: Any = None
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    scoring: str = ""
    coverage: float = 0.9
    split: Split = field(default_factory=Split)
    publish_if: Sequence[Condition] = (BetterThanBaseline(), NoWorseThanServed())
    compare_without: Sequence[str] = ()
    code: Sequence[str] = ()
    requirements: Sequence[str] = ()
    title: str = ""
    predicts: str = ""
    sample: str = "sample"
    notes: Sequence[str] = ()
    source: Source | None = None
    card: Card = field(default_factory=Card)
    fitted: Fitted | None = None

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
    def target_column(self) -> str:
        """Return the name of the column that the model predicts."""
        return self.target.column if isinstance(self.target, Classes) else self.target.name

    @property
    def target_values(self) -> tuple[str, ...]:
        """Return the values of the target's column that are labels, none if the target is a number."""
        return tuple(self.target.words) if isinstance(self.target, Classes) else ()

    @property
    def score(self) -> str:
        """Return the score that the search maximises."""
        return self.scoring or ("accuracy" if isinstance(self.target, Classes) else "neg_mean_absolute_error")

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels in the order of their positions, none if the target is a number."""
        return self.target.order if isinstance(self.target, Classes) else ()

    def completed(self, choices: Mapping[str, Sequence[str]], labels: Sequence[str]) -> Self:
        """Return the definition with `choices` for categories without them, and with `labels` if there are any."""
        features = [
            replace(each, choices=tuple(choices[each.name]))
            if isinstance(each, Category) and not each.choices
            else each
            for each in self.features
        ]
        target = self.target
        if labels and isinstance(target, Classes):
            target = replace(target, labels=tuple(labels))
        return replace(self, features=features, target=target)

    @property
    def lacking(self) -> list[str]:
        """Return the names of the categories whose choices are those of the CSV."""
        return [each.name for each in self.features if isinstance(each, Category) and not each.choices]
