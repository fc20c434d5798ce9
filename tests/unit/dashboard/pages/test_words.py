"""Numbers and times are written as people read them."""

import pytest

from services.dashboard.pages import words
from services.dashboard.snapshot import Lag, PartitionLedger, Quality


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.04, "0.0"), (3.44, "3.4"), (9.94, "9.9"), (9.96, "10"), (20.1, "20"), (14_329, "14,300")],
)
def test_a_rate_has_three_digits_at_most(number: float, text: str) -> None:
    assert words.rate(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (-0.5, "0.0 s"),
        (0.2, "0.2 s"),
        (12, "12 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (11_520, "3 h 12 min"),
        (90_000, "1 d 1 h"),
        (None, "–"),
    ],
)
def test_a_duration_has_its_two_largest_units(number: float | None, text: str) -> None:
    assert words.seconds(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(None, "–"), (3.14, "3.1 ms"), (9.96, "10 ms"), (1200, "1,200 ms"), (65_000, "1 min 5 s")]
)
def test_a_latency_is_in_milliseconds_until_it_is_long(number: float | None, text: str) -> None:
    assert words.milliseconds(number) == text


def test_a_time_has_its_date_unless_it_is_today() -> None:
    now = 1_780_000_000.0  # 28 May 2026, 20:26:40 UTC
    assert words.clock(now - 60, now) == "20:25:40 UTC"
    assert words.clock(now - 86_400, now) == "27 May, 20:26 UTC"
    assert words.clock(now - 366 * 86_400, now) == "27 May 2025, 20:26 UTC"
    assert words.clock_of("2026-05-28T18:40:12Z", now) == "18:40:12 UTC"
    assert words.clock_of("\x1byesterday", now) == r"\x1byesterday"


@pytest.mark.parametrize(
    ("part", "text"), [(0, "0%"), (0.001, "less than 1%"), (0.12, "12%"), (0.999, "99%"), (1, "100%")]
)
def test_a_share_is_all_or_nothing_only_if_it_is(part: float, text: str) -> None:
    assert words.share(part) == text


@pytest.mark.parametrize(
    ("lag", "text"),
    [
        (Lag(0, None, None), "nothing waits"),
        (Lag(5, 0.2, 0.3), "oldest 0.2 s, clears in 0.3 s"),
        (Lag(5, 70, None, grows=True), "oldest 1 min 10 s, growing"),
        (Lag(5, None, None), "age not known"),
    ],
)
def test_a_lag_says_how_old_it_is_and_when_it_is_over(lag: Lag, text: str) -> None:
    assert words.lag_words(lag) == text


def test_the_terms_of_the_sum_name_what_is_lost_only_where_something_is() -> None:
    row = PartitionLedger(0, 0, 9, None, 1204, 1190, 9, 5, 0, 2, 0)
    assert words.terms(row) == ["1,190 predictions", "9 dead letters", "5 still to do"]
    one = PartitionLedger(0, 0, 9, None, 4, 1, 1, 1, 1, 0, 0)
    assert words.terms(one) == ["1 prediction", "1 dead letter", "1 still to do", "1 lost"]


def test_a_metric_without_enough_rows_says_so() -> None:
    assert words.quality_interval(Quality("accuracy", 0.9, None, None, 3, 3)) == "too few rows for an interval"
    found = Quality("mean_absolute_error", 241, 230, 252, 802, 68, "g")
    assert (words.quality_value(found), words.quality_interval(found)) == ("241 g", "95% interval 230 to 252 g")


@pytest.mark.parametrize("at", [1.79e12, -5.0, float("inf"), float("nan")])
def test_a_timestamp_that_is_no_time_is_a_dash(at: float) -> None:
    assert words.clock(at, 1.79e9) == words.UNKNOWN
    assert words.iso(at) == ""
