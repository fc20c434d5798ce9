"""Estimates of metrics: a value on the rows of a part, with a 95 % interval."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from petalstream.intervals import CONFIDENCE, wilson

RESAMPLES, SEED = 1000, 0
# Of so many rows, over all resamples, the counts are in memory at a time.
ROWS_AT_A_TIME = 2_000_000

# A metric of n rows by how often each of them counts: counts of shape (samples, n) to values of shape (samples,),
# NaN where the metric is not defined.
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
# Its value, and the lower and the upper end of its interval.
Estimate = dict[str, float]


def estimate_share(is_right: NDArray[np.bool_]) -> Estimate:
    """Return the estimate of a share from one or more rows, of shape (n,), with Wilson's interval."""
    lower, upper = wilson(int(is_right.sum()), len(is_right))
    return {"value": float(is_right.mean()), "lower": lower, "upper": upper}


def evaluate(statistics: Mapping[str, Statistic], rows: int) -> dict[str, float]:
    """Return the value of each statistic on all rows, without those that are not defined there."""
    once = np.ones((1, rows))
    values = {name: float(statistic(once)[0]) for name, statistic in statistics.items()}
    return {name: value for name, value in values.items() if np.isfinite(value)}


def estimate(statistics: Mapping[str, Statistic], rows: int) -> dict[str, Estimate]:
    """Return the estimate of each statistic that is defined on all rows, with a percentile bootstrap's interval.

    Of Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3: RESAMPLES times as many rows are
    drawn with replacement, the same ones for each statistic. Resamples on which a statistic is not defined, such as
    those without one of two labels, are left out.
    """
    values = evaluate(statistics, rows)
    drawn: dict[str, list[NDArray[np.float64]]] = {name: [] for name in values}
    for counts in _resamples(rows):
        for name, found in drawn.items():
            found.append(statistics[name](counts))
    tail = 50 * (1 - CONFIDENCE)
    ends = {name: np.nanpercentile(np.concatenate(found), (tail, 100 - tail)) for name, found in drawn.items()}
    return {
        name: {"value": value, "lower": float(ends[name][0]), "upper": float(ends[name][1])}
        for name, value in values.items()
    }


def _resamples(rows: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each row is in each resample, of shape (resamples, rows), in batches."""
    random, size = np.random.default_rng(SEED), max(1, ROWS_AT_A_TIME // rows)
    for begin in range(0, RESAMPLES, size):
        batch = min(size, RESAMPLES - begin)
        drawn = random.integers(rows, size=(batch, rows)) + rows * np.arange(batch)[:, None]
        yield np.bincount(drawn.ravel(), minlength=batch * rows).reshape(batch, rows).astype(np.float64)
