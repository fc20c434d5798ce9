"""Intervals contain the true number as often as they say."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from services.trainer.evaluation.intervals import half_width


def drawn(random: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows of one input, and numbers whose errors grow with it and are not normal."""
    rows = random.uniform(0, 10, (count, 1))
    return rows, 3 * rows[:, 0] + random.standard_t(3, count) * (1 + rows[:, 0])


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_new_rows_lie_within_as_often_as_stated(coverage: float) -> None:
    random, hits = np.random.default_rng(0), []
    for _ in range(400):
        model = LinearRegression().fit(*drawn(random, 60))
        rows, true = drawn(random, 39)
        half = half_width(true, model.predict(rows), coverage)
        assert half is not None
        new, numbers = drawn(random, 200)
        hits.append((np.abs(numbers - model.predict(new)) <= half).mean())
    # The mean of 400 trials has a standard error below 0.006; 39 rows give exactly the coverage, or up to 1/40 more.
    assert coverage - 0.02 < np.mean(hits) < coverage + 1 / 40 + 0.02


@pytest.mark.parametrize(("rows", "coverage", "has_one"), [(8, 0.9, False), (9, 0.9, True), (98, 0.99, False)])
def test_too_few_rows_tell_no_interval(rows: int, coverage: float, has_one: bool) -> None:
    true = np.arange(rows, dtype=float)
    assert (half_width(true, np.zeros(rows), coverage) is not None) == has_one


def test_the_width_is_an_error_that_was_seen() -> None:
    true, predicted = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 1.0, 4.25])
    assert half_width(true, predicted, 0.6) == 0.5  # the third of 0, 0.25, 0.5 and 2
