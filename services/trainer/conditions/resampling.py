"""Intervals of metrics from rows that are drawn again and again, and of the mean difference between two models."""

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from services.trainer.conditions.rates import BOTH_SIDES, CONFIDENCE, Estimate

# The fewer the more rows there are: no metric shall take minutes.
MOST_DRAWS, LEAST_DRAWS, DRAWN_ROWS = 1000, 200, 20_000_000
Numbers = NDArray[np.float64]


def bootstrap(score: Callable[[NDArray[np.int64]], float], strata: NDArray[np.int64], seed: int) -> Estimate:
    """Return the `score` of all rows, which it takes as positions, with the quantiles of those of rows drawn from them.

    As many rows of each of the `strata`, of shape (n,), are drawn as there are (the percentile bootstrap). Whatever
    `score` raises for all rows is raised.
    """
    random, rows = np.random.default_rng(seed), np.arange(len(strata))
    members = [rows[strata == stratum] for stratum in np.unique(strata)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scores that some draw does not define
        value = score(rows)
        drawn = [
            score(np.concatenate([random.choice(each, len(each)) for each in members]))
            for _ in range(_draws(len(rows)))
        ]
    low, high = np.nanquantile(drawn, [1 - CONFIDENCE, CONFIDENCE])
    return Estimate(value, float(low), float(high))


def estimate_mean(losses: Numbers, seed: int) -> Estimate:
    """Return the mean of the losses of rows with its bootstrap-t interval, which allows for skewed ones.

    B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), section 12.5.
    """
    mean, error = float(losses.mean()), _standard_error(losses)
    if not error:
        return Estimate(mean, mean, mean)
    random, count = np.random.default_rng(seed), len(losses)
    drawn = np.empty(_draws(count))
    for draw in range(len(drawn)):
        some = losses[random.integers(0, count, count)]
        # Rows that are all the same have no spread.
        drawn[draw] = (some.mean() - mean) / max(_standard_error(some), error / 1000)
    low, high = np.quantile(drawn, [1 - CONFIDENCE, CONFIDENCE])
    return Estimate(mean, float(mean - high * error), float(mean - low * error))


def estimate_difference(gains: Numbers) -> Estimate:
    """Return the mean of the gains of rows, such as one model's error less another's, with Student's interval."""
    mean = float(gains.mean())
    if len(gains) < 2 or not np.ptp(gains):
        return Estimate(mean, mean, mean)
    bounds = ttest_1samp(gains, 0.0).confidence_interval(BOTH_SIDES)
    return Estimate(mean, float(bounds.low), float(bounds.high))


def _standard_error(losses: Numbers) -> float:
    return float(losses.std() / np.sqrt(len(losses)))


def _draws(rows: int) -> int:
    return min(MOST_DRAWS, max(LEAST_DRAWS, DRAWN_ROWS // rows))
