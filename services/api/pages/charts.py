"""The geometry of a small chart, in the units of its SVG's viewBox; the template only writes the numbers down."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 240.0, 56.0, 2.0
# A bar of one sample among very many can still be seen.
LEAST_HEIGHT = 1.0


@dataclass(frozen=True)
class Bar:
    """A rectangle that stands on the chart's floor; `marked` where it is the sample's own."""

    x: float
    y: float
    width: float
    height: float
    marked: bool = False


@dataclass(frozen=True)
class Chart:
    """Bars, and where among them the sample lies, if it lies between them and is none of them."""

    bars: Sequence[Bar]
    marker: float | None = None


def draw_histogram(edges: Sequence[float], counts: Sequence[int], value: float) -> Chart:
    """Counts between edges that rise evenly, with a marker at the value; beyond the edges it stands at the end."""
    share = (value - edges[0]) / (edges[-1] - edges[0])
    return Chart(_bars(counts, None), round(min(max(share, 0.0), 1.0) * WIDTH, 2))


def draw_counts(counts: Sequence[int], chosen: int) -> Chart:
    """Counts of choices, with the chosen one marked."""
    return Chart(_bars(counts, chosen))


def _bars(counts: Sequence[int], chosen: int | None) -> list[Bar]:
    step, highest = WIDTH / len(counts), max(*counts, 1)
    heights = [max(count / highest * HEIGHT, LEAST_HEIGHT if count else 0.0) for count in counts]
    return [
        Bar(
            round(i * step + GAP / 2, 2), round(HEIGHT - height, 2), round(step - GAP, 2), round(height, 2), i == chosen
        )
        for i, height in enumerate(heights)
    ]
