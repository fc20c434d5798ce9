"""Compares the predictions of a model with others for the same rows: those of a baseline, or of the served version."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.conditions.decisions import Decision
from services.trainer.conditions.metric_words import name_of, write_value
from services.trainer.conditions.rates import Estimate, estimate_gain, groups_of
from services.trainer.conditions.resampling import estimate_difference
from services.trainer.definition import Definition

ERROR = "neg_mean_absolute_error"


@dataclass(frozen=True)
class Comparison:
    """What a metric is of a model and of the other predictions, and by how much the model is better (`gain`)."""

    metric: str
    value: float
    other: float
    gain: Estimate
    rows: int

    def write(self, number: float, definition: Definition) -> str:
        """Return a value of the metric, or a difference of two, in words."""
        return write_value(number, self.metric, definition)

    def decide(self, condition: object, is_met: bool, sentence: str) -> Decision:
        """Return the decision on a condition."""
        metric, interval = f"gain in {name_of(self.metric)}", (self.gain.low, self.gain.high)
        return Decision(str(condition), metric, self.gain.value, interval, self.rows, is_met, sentence)


def compared_metric(definition: Definition) -> str:
    """Return the metric in which a model is compared.

    It is the mean absolute error of numbers. Of labels it is the accuracy if the search maximises that, and else the
    balanced accuracy: a definition with another scoring does not ask for the most right rows.
    """
    if not definition.labels:
        return ERROR
    return "accuracy" if definition.score == "accuracy" else "balanced_accuracy"


def compare(metric: str, targets: NDArray[Any], predicted: NDArray[Any], others: NDArray[Any]) -> Comparison:
    """Return the comparison of predictions of shape (n,) with others for the rows that have the `targets`.

    Of numbers the interval is Student's: for errors with long tails it keeps its error rate better than a bootstrap.
    """
    if metric == ERROR:
        error, other = np.abs(targets - predicted), np.abs(targets - others)
        return Comparison(
            metric, float(error.mean()), float(other.mean()), estimate_difference(other - error), len(targets)
        )
    groups = groups_of(metric, targets, predicted) or []
    is_right, was_right = predicted == targets, others == targets
    value, other = (float(np.mean([right[group].mean() for group in groups])) for right in (is_right, was_right))
    return Comparison(metric, value, other, estimate_gain(is_right, was_right, groups), len(targets))
