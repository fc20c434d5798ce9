"""The page's pictures: bars for contestants of one row, lines for curves; readable on a light and on a dark page."""

import io
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.results import OURS, Curve, Row, median

# On white and on GitHub's dark page alike these have a contrast of 4:1 or more.
TEXT, OTHERS = "#767c84", "#8c929a"
LINES = ("#1f83c6", "#c96a1b", "#2a9d6f")
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": TEXT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "legend.frameon": False,
    "svg.hashsalt": "petalstream",
}


def bars(row: Row, path: Path) -> None:
    """A bar for each contestant, its length the median and a mark over it from the least to the most."""
    order = sorted(row.measured, key=lambda title: median(row.measured[title]))
    with rc_context(STYLE):
        figure = Figure(figsize=(7, 0.8 + 0.36 * len(order)), layout="constrained", facecolor="none")
        axes = figure.subplots()
        middle = [median(row.measured[title]) for title in order]
        spread = [
            [each - min(row.measured[title]) for title, each in zip(order, middle, strict=True)],
            [max(row.measured[title]) - each for title, each in zip(order, middle, strict=True)],
        ]
        colours = [LINES[0] if title.startswith(OURS) else OTHERS for title in order]
        axes.barh(order, middle, color=colours, height=0.7)
        axes.errorbar(middle, order, xerr=spread, fmt="none", ecolor=TEXT, capsize=3, elinewidth=1)
        axes.set_xlabel(row.unit)
        axes.locator_params(axis="x", nbins=5)  # more of such long numbers would run into one another
        axes.xaxis.set_major_formatter("{x:,.0f}")
        _save(figure, path)


def lines(curve: Curve, path: Path) -> None:
    """A line for each of the curve's, on a logarithmic axis where the values of x are far apart."""
    with rc_context(STYLE):
        figure = Figure(figsize=(7, 3.2), layout="constrained", facecolor="none")
        axes = figure.subplots()
        for (label, points), colour in zip(curve.lines.items(), LINES, strict=False):
            axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=4, label=label)
        places = sorted({x for points in curve.lines.values() for x, _ in points})
        if len(places) <= 10:
            _mark(axes, places)
        else:
            axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set(xlabel=curve.x, ylabel=curve.y)
        highest = max(y for points in curve.lines.values() for _, y in points)
        axes.set_ylim(0, 1.06 * highest)  # with room for the marker of the highest point
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y", color=TEXT, alpha=0.3, linewidth=0.6)
        if len(curve.lines) > 1:
            axes.legend()
        _save(figure, path)


def _mark(axes: Axes, places: list[float]) -> None:
    """A tick for each value of x that was measured, and no other."""
    if places[0] and places[-1] / places[0] > 20:
        axes.set_xscale("log")
    axes.set_xticks(places, [f"{place:,.0f}" for place in places])
    axes.set_xticks([], minor=True)


def _save(figure: Figure, path: Path) -> None:
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Lines of matplotlib's SVG end in spaces.
    path.write_text("\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n")
