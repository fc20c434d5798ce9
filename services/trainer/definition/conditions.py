"""Conditions of publication: what a model must show before it is published."""

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sklearn.metrics import get_scorer_names

from services.trainer.definition.columns import Classes
from services.trainer.definition.scores import measure, scores_labels, scores_numbers

if TYPE_CHECKING:
    from services.trainer.definition.model import Definition

# The one score without a sign whose best value is not 1.
UNBOUNDED = "positive_likelihood_ratio"


@dataclass(frozen=True)
class Floor:
    """A score of scikit-learn that the validation part must show to be `at_least` so high.

    Errors are negative, as scikit-learn has them: Floor("neg_mean_absolute_error", -300) allows an error of 300.
    """

    metric: str
    at_least: float

    def __str__(self) -> str:
        """Return the condition as a definition has it."""
        return f'Floor("{self.metric}", {self.at_least:g})'


@dataclass(frozen=True)
class BetterThanBaseline:
    """A model must be better than always predicting the commonest label, or the mean."""


@dataclass(frozen=True)
class NoWorseThanServed:
    """A model must not be worse than the served version on the same rows."""


Condition = Floor | BetterThanBaseline | NoWorseThanServed


def condition_complaints(model: "Definition") -> Iterator[str]:
    """Yield what is wrong with the conditions of a definition."""
    if isinstance(model.publish_if, str) or not isinstance(model.publish_if, Sequence):
        yield f"publish_if must be a list, such as [BetterThanBaseline()], not {model.publish_if!r}"
        return
    for each in model.publish_if:
        if not isinstance(each, Condition):
            wanted = 'Floor("accuracy", 0.9), BetterThanBaseline() and NoWorseThanServed()'
            yield f"publish_if must have conditions such as {wanted}, not {each!r}"
        elif isinstance(each, Floor):
            yield from _floor_complaints(each, model)


def _floor_complaints(floor: Floor, model: "Definition") -> Iterator[str]:
    metric, least = floor.metric, floor.at_least
    if metric not in get_scorer_names():
        close = difflib.get_close_matches(str(metric), get_scorer_names())
        yield f"publish_if: scikit-learn has no metric {metric!r}; it has {', '.join(close or get_scorer_names())}"
        return
    if isinstance(model.target, Classes):
        if model.labels and not scores_labels(metric, len(model.labels)):
            yield f"publish_if: the metric {metric!r} is none of {len(model.labels)} predicted labels"
    elif not scores_numbers(metric):
        yield f"publish_if: the metric {metric!r} is none of predicted numbers; r2 and neg_mean_absolute_error are two"
    if isinstance(least, bool) or not isinstance(least, int | float) or not math.isfinite(least):
        yield f"publish_if: at_least of {metric} must be a number, not {least!r}"
    elif measure(metric)[1] < 0 < least:
        yield f"publish_if: at_least of {metric} must be negative, such as {-least:g}, not {least!r}"
    elif least >= 1 and metric != UNBOUNDED:
        yield f"publish_if: at_least of {metric} must be below 1, not {least!r}"
