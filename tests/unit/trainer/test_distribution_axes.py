"""The axes of the distributions in the report."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from petalstream.features import Date, Feature, Number
from services.trainer.report.distribution_axes import count_by_class, draw_rows, draw_stacked
from services.trainer.report.style import LIGHT

CLASSES = ["early", "late"]


def ticks(feature: Feature, values: list[float], as_rows: bool) -> list[str]:
    """The labels of the horizontal axis, of these values and as many of the other class."""
    labels = np.array([CLASSES[row % 2] for row in range(2 * len(values))])
    counts, edges = count_by_class(feature, np.repeat(values, 2), labels, CLASSES)
    figure = Figure()
    axes = figure.subplots()
    if as_rows:
        draw_rows(axes, feature, counts, edges, LIGHT, CLASSES)
    else:
        draw_stacked(axes, feature, counts, edges, LIGHT)
    figure.draw_without_rendering()
    return [label.get_text() for label in axes.get_xticklabels()]


@pytest.mark.parametrize("as_rows", [False, True])
@pytest.mark.parametrize(
    "dates", [["2026-01-01", "2026-12-31"], ["2026-11-29", "2026-11-30"], ["0001-01-01", "9999-12-31"], ["2026-11-29"]]
)
def test_the_first_and_the_last_date_are_named(dates: list[str], as_rows: bool) -> None:
    sown = Date("sown")
    assert ticks(sown, [sown.encode(date) for date in dates], as_rows) == dates


@pytest.mark.parametrize("as_rows", [False, True])
def test_numbers_are_short(as_rows: bool) -> None:
    assert "10k" in ticks(Number("height"), [0, 20_000], as_rows)


@pytest.mark.parametrize("largest", [1, 2, 3, 4])
def test_the_largest_share_has_the_full_colour_whatever_it_is(largest: int) -> None:
    axes = Figure().subplots()
    counts = np.array([[largest, 5 - largest], [1, 1]])
    draw_rows(axes, Number("height"), counts, np.array([0.0, 1.0, 2.0]), LIGHT, CLASSES)
    assert LIGHT.accent in {to_hex(bar.get_facecolor()) for bar in axes.patches}
