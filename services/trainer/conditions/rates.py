"""Intervals of shares of right predictions, and of the difference between two models on the same rows.

They need no resampling, which says nothing of a share of 0 or 1.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from petalstream.intervals import wilson

# With which each bound of an interval holds by itself.
CONFIDENCE = 0.95
BOTH_SIDES, Z = 2 * CONFIDENCE - 1, float(norm.ppf(CONFIDENCE))
Bools = NDArray[np.bool_]


class Estimate(NamedTuple):
    """A value measured on some rows; the true one is at least `low`, and at most `high`, with CONFIDENCE each."""

    value: float
    low: float
    high: float


def groups_of(metric: str, true: NDArray[np.int64], predicted: NDArray[np.int64]) -> list[Bools] | None:
    """Return the rows, as masks of shape (n,), whose shares of right predictions have `metric` as their mean.

    None for a metric that is no such mean.
    """
    if metric == "accuracy":
        return [np.ones(len(true), dtype=bool)]
    if metric in ("balanced_accuracy", "recall_macro"):
        return [true == label for label in np.unique(true)]
    return {"recall": [true == 1], "precision": [predicted == 1]}.get(metric)


def estimate_rates(is_right: Bools, groups: Sequence[Bools]) -> Estimate:
    """Return the mean over the groups of the share of rows that are right, with Wilson's interval.

    For several groups the bounds are the square-and-add ones of G. Zou and A. Donner, Construction of confidence limits
    about effect measures, Statistics in Medicine 27 (2008), section 3.
    """
    rates = [_rate(is_right[group]) for group in groups]
    value = sum(rate.value for rate in rates) / len(rates)
    below = math.hypot(*(rate.value - rate.low for rate in rates)) / len(rates)
    above = math.hypot(*(rate.high - rate.value for rate in rates)) / len(rates)
    return Estimate(value, value - below, value + above)


def estimate_gain(is_right: Bools, was_right: Bools, groups: Sequence[Bools]) -> Estimate:
    """Return by how much the mean over the groups of the share of right rows is higher than another model's.

    The interval is that of A. Agresti and Y. Min, Simple improved confidence intervals for comparing matched
    proportions, Statistics in Medicine 24 (2005): half a row is added to each of the four outcomes of a pair. The exact
    sign test finds fewer true differences, and a bootstrap finds none where no row changes its outcome.
    """
    gains = [is_right[group].astype(float) - was_right[group] for group in groups]
    centres, variances = zip(*map(_centre_and_variance, gains), strict=True)
    value = sum(float(gain.mean()) for gain in gains) / len(gains)
    centre, width = sum(centres) / len(gains), Z * math.sqrt(sum(variances)) / len(gains)
    return Estimate(value, min(value, centre - width), max(value, centre + width))


def _centre_and_variance(gains: NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and variance of the mean of the gains, each of them -1, 0 or 1, and of the four halves of a row."""
    rows = len(gains) + 2
    centre = float(gains.sum()) / rows
    return centre, ((float(np.abs(gains).sum()) + 1) / rows - centre**2) / rows


def _rate(is_right: Bools) -> Estimate:
    if not len(is_right):
        return Estimate(0.0, 0.0, 1.0)
    return Estimate(float(is_right.mean()), *wilson(int(is_right.sum()), len(is_right), BOTH_SIDES))
