"""Draws curves: all in one panel with a legend, or each in a panel of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.trainer.report.style import DASHES, SMALL, Scheme, percent_axes, wrapped

COLUMNS = 3


@dataclass(frozen=True)
class Curve:
    """Points (x and y of shape (points,)) with a number that sums them up, and the share of positives (0 to 1)."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    summary: float
    positives: float
    marked: bool
    of_voter: bool


@dataclass(frozen=True)
class CurveStyle:
    """The names of a curve's summary and axes, and whether its points are connected in steps."""

    summary: str
    x: str
    y: str
    steps: bool = False


def draw_together(figure: Figure, style: CurveStyle, curves: Sequence[Curve], scheme: Scheme) -> None:
    """Draw all curves in one panel; those of voters are thin, behind the bold one."""
    axes = figure.subplots()
    axes.grid(visible=True)
    for position, curve in enumerate(curves):
        # Curves of classes often overlap; dashes show the one behind.
        dashes = "-" if curve.of_voter else DASHES[position]
        _draw_line(axes, style, curve, scheme.classes[position % len(scheme.classes)], dashes)
    if not style.steps or len({round(curve.positives, 2) for curve in curves}) == 1:
        _draw_chance(axes, style, curves[0].positives, scheme)
    percent_axes(axes)
    axes.set(xlabel=style.x, ylabel=style.y)
    labels = [f"{curve.summary:.2f}  {wrapped(curve.name, 44, 1)}" for curve in curves]
    title = style.summary.capitalize()
    legend = figure.legend(
        axes.lines[: len(curves)],
        labels,
        loc="outside lower left",
        title=title,
        alignment="left",
        handlelength=2.6,
        title_fontsize=SMALL,
    )
    legend.get_title().set_color(scheme.muted)


def draw_panels(figure: Figure, style: CurveStyle, curves: Sequence[Curve], scheme: Scheme) -> None:
    """Draw each curve in a panel of its own."""
    grid = figure.subplots(-(-len(curves) // COLUMNS), COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(curves) :]:
        axes.set_axis_off()
    for position, curve in enumerate(curves):
        axes = grid.flat[position]
        _draw_line(axes, style, curve, scheme.accent, "-")
        _draw_chance(axes, style, curve.positives, scheme, labelled=False)
        percent_axes(axes, parts=1)
        axes.tick_params(labelbottom=position + COLUMNS >= len(curves))
        axes.set_title(f"{curve.summary:.2f}  {wrapped(curve.name, 13, 1)}", fontsize=SMALL)
    figure.supxlabel(style.x, fontsize=SMALL)
    figure.supylabel(style.y, fontsize=SMALL)


def _draw_line(axes: Axes, style: CurveStyle, curve: Curve, colour: str, dashes: object) -> None:
    marked = curve.marked and not curve.of_voter
    axes.plot(
        curve.x,
        curve.y,
        color=colour,
        linestyle=dashes,
        linewidth=1.1 if curve.of_voter else 2.2,
        # The last point of a precision-recall curve belongs to no threshold; it ends the line.
        marker="o" if marked else "",
        markevery=slice(-1) if style.steps else None,
        markersize=5.5,
        clip_on=False,
        zorder=2 if curve.of_voter else 3,
        drawstyle="steps-post" if style.steps else "default",
    )


def _draw_chance(axes: Axes, style: CurveStyle, positives: float, scheme: Scheme, labelled: bool = True) -> None:
    """Draw the curve of random predictions: the diagonal, or a precision equal to the share of positives."""
    left, right = (positives, positives) if style.steps else (0, 1)
    axes.plot([0, 1], [left, right], zorder=1, color=scheme.muted, linestyle=(0, (2, 3)), linewidth=1)
    if labelled:
        x, y = (0.01, positives - 0.02) if style.steps else (0.75, 0.72)
        axes.text(
            x,
            y,
            "guessing",
            color=scheme.muted,
            fontsize=SMALL,
            va="top",
            rotation=0 if style.steps else 45,
            rotation_mode="anchor",
            transform_rotates_text=True,
        )
