"""Curves on their axes: together in one panel with a legend, or a panel a class."""

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
    """Points (x and y of shape (points,)), the figure that sums them up, and the share of positives."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    summary: float
    positives: float
    marked: bool
    of_voter: bool


@dataclass(frozen=True)
class Words:
    """What a sort of curve calls its summary and its axes, and whether it goes in steps from point to point."""

    summary: str
    x: str
    y: str
    steps: bool = False


def together(figure: Figure, words: Words, curves: Sequence[Curve], scheme: Scheme) -> None:
    """All curves in one panel; those of voters are thin and behind the bold one."""
    axes = figure.subplots()
    axes.grid(visible=True)
    for position, curve in enumerate(curves):
        # Curves of classes often lie on each other, and dashes let the one behind be seen.
        dashes = "-" if curve.of_voter else DASHES[position]
        _line(axes, words, curve, scheme.classes[position % len(scheme.classes)], dashes)
    if not words.steps or len({round(curve.positives, 2) for curve in curves}) == 1:
        _guessing(axes, words, curves[0].positives, scheme)
    percent_axes(axes)
    axes.set(xlabel=words.x, ylabel=words.y)
    labels = [f"{curve.summary:.2f}  {wrapped(curve.name, 44, 1)}" for curve in curves]
    title = words.summary.capitalize()
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


def panels(figure: Figure, words: Words, curves: Sequence[Curve], scheme: Scheme) -> None:
    """A panel a curve."""
    grid = figure.subplots(-(-len(curves) // COLUMNS), COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(curves) :]:
        axes.set_axis_off()
    for position, curve in enumerate(curves):
        axes = grid.flat[position]
        _line(axes, words, curve, scheme.accent, "-")
        _guessing(axes, words, curve.positives, scheme, said=False)
        percent_axes(axes, parts=1)
        axes.tick_params(labelbottom=position + COLUMNS >= len(curves))
        axes.set_title(f"{curve.summary:.2f}  {wrapped(curve.name, 13, 1)}", fontsize=SMALL)
    figure.supxlabel(words.x, fontsize=SMALL)
    figure.supylabel(words.y, fontsize=SMALL)


def _line(axes: Axes, words: Words, curve: Curve, colour: str, dashes: object) -> None:
    marked = curve.marked and not curve.of_voter
    axes.plot(
        curve.x,
        curve.y,
        color=colour,
        linestyle=dashes,
        linewidth=1.1 if curve.of_voter else 2.2,
        # The last of precision and recall is no point, but where the last one's line ends.
        marker="o" if marked else "",
        markevery=slice(-1) if words.steps else None,
        markersize=5.5,
        clip_on=False,
        zorder=2 if curve.of_voter else 3,
        drawstyle="steps-post" if words.steps else "default",
    )


def _guessing(axes: Axes, words: Words, positives: float, scheme: Scheme, said: bool = True) -> None:
    """What a model that knows nothing would reach: the diagonal, or precision as high as the share of positives."""
    left, right = (positives, positives) if words.steps else (0, 1)
    axes.plot([0, 1], [left, right], zorder=1, color=scheme.muted, linestyle=(0, (2, 3)), linewidth=1)
    if said:
        x, y = (0.01, positives - 0.02) if words.steps else (0.75, 0.72)
        axes.text(
            x,
            y,
            "guessing",
            color=scheme.muted,
            fontsize=SMALL,
            va="top",
            rotation=0 if words.steps else 45,
            rotation_mode="anchor",
            transform_rotates_text=True,
        )
