"""The geometry of a small bar chart, in units of its SVG's viewBox, for a template to write."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 240.0, 56.0, 2.0
# The bar of one sample among very many stays visible.
LEAST_HEIGHT = 1.0


@dataclass(frozen=True)
class Bar:
    """A rectangle on the base line of the chart; `marked` if it is the choice of the sample."""

    x: float
    y: float
    width: float
    height: float
    marked: bool = False


@dataclass(frozen=True)
class Chart:
    """Bars, and the x of a `marker` for the sample's value, None if a bar is marked instead."""

    bars: Sequence[Bar]
    marker: float | None = None


def draw_histogram(edges: Sequence[float], counts: Sequence[int], value: float) -> Chart:
    """Return a bar for each count between evenly spaced `edges`, and a marker at `value`, at most at the ends."""
    share = (value - edges[0]) / (edges[-1] - edges[0])
    return Chart(_draw_bars(counts, None), round(min(max(share, 0.0), 1.0) * WIDTH, 2))


def draw_counts(counts: Sequence[int], chosen: int) -> Chart:
    """Return a bar for the count of each choice, with the one at position `chosen` marked."""
    return Chart(_draw_bars(counts, chosen))


def _draw_bars(counts: Sequence[int], chosen: int | None) -> list[Bar]:
    step, highest = WIDTH / len(counts), max(*counts, 1)
    heights = [max(count / highest * HEIGHT, LEAST_HEIGHT if count else 0.0) for count in counts]
    return [
        Bar(
            round(i * step + GAP / 2, 2), round(HEIGHT - height, 2), round(step - GAP, 2), round(height, 2), i == chosen
        )
        for i, height in enumerate(heights)
    ]
