"""Charts show the last 60 minutes, with gaps where nothing was read, on axes with round numbers."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dashboard.pages import charts, residuals
from services.dashboard.pages.scales import BOTTOM, LEFT, RIGHT, TOP, steps
from services.dashboard.snapshot import Minute, Residuals
from tests.dashboards import nothing_known, of_labels

NOW = 1_780_000_025.0
BEGIN = NOW // 60 * 60


def with_minutes(*minutes: Minute) -> list[charts.Chart]:
    return charts.draw_charts(replace(of_labels(NOW), minutes=minutes), NOW)


def minute(back: int, requests: int = 60, p50: float | None = 2.0, classes: dict[str, int] | None = None) -> Minute:
    return Minute(BEGIN - 60 * back, requests, requests, 0, p50, p50, classes or {})


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_the_axis_ends_at_a_round_number_above_all_values(highest: float) -> None:
    ticks = steps(highest)
    assert ticks[0] == 0
    assert highest <= ticks[-1] * 1.001
    assert ticks[-1] < highest * 2.6
    assert 2 <= len(ticks) <= 6
    assert re.fullmatch(r"(1|2|2\.5|5)(\.0+)?e.*", f"{ticks[1]:.4e}".replace("2.5000e", "2.5e"))


def test_without_any_value_there_is_still_an_axis() -> None:
    assert steps(0) == [0, 1]
    assert steps(float("nan")) == [0, 1]


def test_the_minute_that_is_not_over_is_shown_and_those_before_the_last_hour_are_left_out() -> None:
    rate = with_minutes(minute(61), minute(60), minute(59), minute(0))[0]
    assert [row[0] for row in rate.rows] == ["20:27 so far", "19:28"]
    assert rate.summary == "120 requests in 2 minutes."


@pytest.mark.parametrize(("passed", "rate"), [(0, 6.0), (2, 6.0), (10, 6.0), (30, 2.0), (59, 60 / 59)])
def test_the_rate_of_this_minute_is_of_the_seconds_that_have_passed_but_at_least_10(passed: int, rate: float) -> None:
    now = BEGIN + passed
    chart = charts.draw_charts(replace(of_labels(now), minutes=(minute(1, requests=360), minute(0))), now)[0]
    x, y = re.findall(r"L([\d.]+) ([\d.]+)", chart.lines[0])[0]
    top = float(chart.y_ticks[-1].label)
    assert (BOTTOM - float(y)) / (BOTTOM - TOP) * top == pytest.approx(rate, abs=0.05)
    assert float(x) < RIGHT


def test_a_missing_minute_and_one_without_a_value_leave_a_gap() -> None:
    rate, latency = with_minutes(minute(6), minute(5), minute(3), minute(2, p50=None), minute(1))[:2]
    assert [rate.lines[0].count(command) for command in "ML"] == [2, 3]
    assert [latency.lines[0].count(command) for command in "ML"] == [3, 1]
    assert latency.rows[1][1] == "–"


def test_everything_is_within_the_axes() -> None:
    for chart in charts.draw_charts(of_labels(NOW), NOW):
        for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", "".join(chart.lines)):
            assert LEFT <= float(x) <= RIGHT
            assert TOP <= float(y) <= BOTTOM
        for bar in chart.bars:
            assert LEFT <= bar.x <= bar.x + bar.width <= RIGHT
            assert TOP <= bar.y <= round(bar.y + bar.height, 1) <= BOTTOM
        assert all(LEFT <= tick.at <= RIGHT for tick in chart.x_ticks)


def test_classes_beyond_the_sixth_are_one_and_the_table_has_their_sum() -> None:
    mixed = {f"class {number}": 10 - number for number in range(9)}
    chart = with_minutes(minute(1, classes=mixed))[2]
    assert chart.series == [*(f"class {number}" for number in range(6)), charts.OTHERS]
    assert chart.rows[0][-1] == str(4 + 3 + 2)
    assert sum(bar.height for bar in chart.bars) == pytest.approx(BOTTOM - TOP, abs=0.5)


def test_a_model_of_numbers_has_no_chart_of_classes_and_a_new_one_no_rows() -> None:
    found = charts.draw_charts(nothing_known(NOW), NOW)
    assert [chart.name for chart in found] == ["rate", "latency"]
    assert not any(chart.rows for chart in found)
    assert charts.draw_spark(nothing_known(NOW), NOW) is None


def test_the_area_of_a_card_goes_down_to_the_axis_at_each_gap() -> None:
    spark = charts.draw_spark(of_labels(NOW), NOW)
    assert spark
    assert spark.line.count("M") == spark.area.count("M") == spark.area.count("Z") == 2


def test_residuals_have_a_bar_for_each_count_and_zero_on_the_axis() -> None:
    chart = residuals.draw_residuals(Residuals(-3.0, (-20.0, 0.0, 20.0, 40.0), (4, 8, 0), "g"))
    assert [bar.height for bar in chart.bars][2] == 0
    assert chart.bars[1].height == 2 * chart.bars[0].height
    assert [tick.label for tick in chart.x_ticks] == ["-20", "0", "40"]
    assert chart.rows[0] == ("-20 to 0 g", "4")


def test_residuals_that_are_all_the_same_are_drawn() -> None:
    assert residuals.draw_residuals(Residuals(0.0, (0.0, 0.0), (5,), "")).bars
