"""Draws the distribution of one input by class: stacked bars, or a row for each class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from petalstream.features import Date, Feature, Kind
from services.trainer.report.style import Scheme, hide_frame, mixed, wrapped

BINS = 16


def count_by_class(
    feature: Feature, values: NDArray[np.float64], labels: NDArray[np.str_], classes: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts of shape (classes, bins) and the bins' edges of shape (bins + 1,); each choice has a bin."""
    edges = np.arange(len(feature.options) + 1) - 0.5
    if not feature.options:
        low, high = np.nanmin(values), np.nanmax(values)
        whole = feature.kind is Kind.INTEGER and high - low < BINS
        edges = np.arange(low, high + 2) - 0.5 if whole else np.histogram_bin_edges(values[~np.isnan(values)], BINS)
    counts = [np.histogram(values[labels == label], edges)[0] for label in classes]
    return np.array(counts, dtype=np.int64), edges.astype(np.float64)


def draw_stacked(
    axes: Axes, feature: Feature, counts: NDArray[np.int64], edges: NDArray[np.float64], scheme: Scheme
) -> None:
    """Draw the counts stacked, in the classes' colours: a histogram of a number, a bar for each choice."""
    tops = counts.cumsum(axis=0)
    choices = feature.options
    for position, top in enumerate(tops):
        colour = scheme.classes[position]
        if choices:
            axes.barh(
                range(len(choices)),
                counts[position],
                left=top - counts[position],
                height=0.62,
                color=colour,
                edgecolor=scheme.surface,
                linewidth=0.6,
            )
        else:
            axes.stairs(top, edges, baseline=top - counts[position], fill=True, color=colour, linewidth=0)
    if choices:
        axes.set_yticks(range(len(choices)), [wrapped(choice, 12, 1) for choice in choices])
        axes.invert_yaxis()
        axes.locator_params(axis="x", nbins=4, integer=True)
        axes.grid(visible=True, axis="x")
        axes.set_xlabel("samples")
    else:
        axes.set_ylim(0, 1.05 * tops.max())
        axes.locator_params(axis="y", nbins=3, integer=True)
        axes.grid(visible=True, axis="y")
        axes.set_ylabel("samples")
        _numbers(axes, feature, edges)
    hide_frame(axes)


def draw_rows(
    axes: Axes,
    feature: Feature,
    counts: NDArray[np.int64],
    edges: NDArray[np.float64],
    scheme: Scheme,
    names: Sequence[str],
) -> None:
    """Draw a row for each class, coloured by the share of its samples; the largest share has the full colour."""
    within = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, of_class in enumerate(within):
        for place in np.flatnonzero(of_class):
            colour = mixed(scheme.accent, scheme.surface, 0.2 + 0.8 * (of_class[place] / within.max()))
            axes.barh(row, edges[place + 1] - edges[place], left=edges[place], height=0.86, color=colour)
    axes.set_facecolor(scheme.faint)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(len(counts) - 0.5, -0.5))
    axes.set_yticks(range(len(counts)) if names else [], [wrapped(name, 14, 1) for name in names])
    if choices := feature.options:
        tilted = max(map(len, choices)) > 22 // len(choices)
        turned: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if tilted else {}
        axes.set_xticks(range(len(choices)), [wrapped(choice, 14, 1) for choice in choices], **turned)
    else:
        _numbers(axes, feature, edges)
    hide_frame(axes)


def _numbers(axes: Axes, feature: Feature, edges: NDArray[np.float64]) -> None:
    if isinstance(feature, Date):
        _first_and_last(axes, feature, edges)
    else:
        axes.locator_params(axis="x", nbins=4)
        short_numbers(axes, "x")
    axes.set_xlabel(wrapped(feature.unit, 28, 1))


def short_numbers(axes: Axes, which: str = "xy") -> None:
    """Write the numbers of these axes short, such as 250k."""
    for name in which:
        getattr(axes, f"{name}axis").set_major_formatter(lambda value, _: _short(value))


def _first_and_last(axes: Axes, feature: Date, edges: NDArray[np.float64]) -> None:
    """Name the first and the last date, since dates take more room than numbers; a single one is between the edges."""
    first, last = float(edges[0]), float(edges[-1])
    days = [first, last] if first.is_integer() else [(first + last) / 2]
    axes.set_xticks(days, [feature.decode(day) for day in days])
    if len(days) > 1:
        left, right = axes.get_xticklabels()
        left.set_horizontalalignment("left")
        right.set_horizontalalignment("right")


def _short(number: float) -> str:
    """Return a number for an axis, such as 250k for 250000."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= max(size, 1e4):
            return f"{number / size:g}{letter}".replace("-", "−")
    return f"{number:g}".replace("-", "−")
