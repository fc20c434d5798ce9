"""The latency of a record, where its timestamp gives one."""

import pytest

from petalstream.latency import MOST_MS, SKEW_MS, latency

NOW = 1_758_204_138_690


@pytest.mark.parametrize(("ago_ms", "found"), [(0, 0), (12, 12), (MOST_MS, MOST_MS), (-1, 0), (-SKEW_MS, 0)])
def test_a_record_of_the_last_days_has_a_latency_and_a_clock_may_be_a_little_ahead(ago_ms: int, found: int) -> None:
    assert latency(NOW - ago_ms, NOW) == found


@pytest.mark.parametrize(
    "timestamp",
    [NOW // 1000, NOW * 1000, NOW + 3_600_000, NOW - 365 * 24 * 3_600_000, -1, 0, 2**63 - 1],
    ids=["seconds", "microseconds", "an hour ahead", "a year ago", "none", "1970", "the largest"],
)
def test_any_other_timestamp_gives_none(timestamp: int) -> None:
    assert latency(timestamp, NOW) is None
