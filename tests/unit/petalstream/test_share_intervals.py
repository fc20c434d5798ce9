"""Wilson's interval is that of scipy."""

import pytest
from scipy.stats import binomtest

from petalstream.intervals import wilson


@pytest.mark.parametrize("total", [1, 2, 30, 1000])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_is_that_of_scipy(total: int, confidence: float) -> None:
    for found in {0, 1, total // 2, total - 1, total}:
        expected = binomtest(found, total).proportion_ci(confidence, method="wilson")
        assert wilson(found, total, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_ends_are_exact() -> None:
    assert wilson(0, 30)[0] == 0.0
    assert wilson(30, 30)[1] == 1.0
