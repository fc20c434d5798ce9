"""Draws curves with scikit-learn: all in one panel with a legend, or each in a panel of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

from services.trainer.report.style import DASHES, SMALL, Scheme, percent_axes, wrapped

# A curve of at most so many distinct probabilities has a marker at each point.
MAX_MARKED = 12
COLUMNS = 3


@dataclass(frozen=True)
class CurveKind:
    """ROC or precision-recall: the texts, scikit-learn's class that draws it, and the number that sums it up."""

    name: str
    title: str
    how: str
    summary: str
    x: str
    y: str
    display: Any
    score: Callable[[NDArray[np.bool_], NDArray[np.float64]], float]


@dataclass(frozen=True)
class Curve:
    """Which samples are positive and their scores, both of shape (n,), and the number that sums the curve up."""

    name: str
    positive: NDArray[np.bool_]
    scores: NDArray[np.float64]
    summary: float
    of_voter: bool = False

    @property
    def is_marked(self) -> bool:
        """Return whether the curve has so few points that each is shown."""
        return len(np.unique(self.scores.round(9))) <= MAX_MARKED

    def label(self, width: int) -> str:
        """Return the number and the name, on `width` characters or so."""
        return f"{self.summary:.2f}  {wrapped(self.name, width, 1)}"


def draw_together(figure: Figure, kind: CurveKind, curves: Sequence[Curve], scheme: Scheme) -> None:
    """Draw all curves in one panel; those of voters are thin, behind the bold one."""
    axes = figure.subplots()
    axes.grid(visible=True)
    # Guessing has one precision if all curves have as many positive samples.
    is_same = kind.display is RocCurveDisplay or len({curve.positive.sum() for curve in curves}) == 1
    for position, curve in enumerate(curves):
        # Curves of classes often overlap; dashes show the one behind.
        dashes = "-" if curve.of_voter else DASHES[position]
        colour = scheme.classes[position % len(scheme.classes)]
        _draw(axes, kind, curve, scheme, colour, dashes, chance=is_same and curve is curves[-1])
    percent_axes(axes)
    axes.set(xlabel=kind.x, ylabel=kind.y)
    title = {"title": kind.summary.capitalize(), "title_fontsize": SMALL, "alignment": "left"}
    legend = figure.legend(loc="outside lower left", handlelength=2.6, **title)
    legend.get_title().set_color(scheme.muted)


def draw_panels(figure: Figure, kind: CurveKind, curves: Sequence[Curve], scheme: Scheme) -> None:
    """Draw each curve in a panel of its own."""
    grid = figure.subplots(-(-len(curves) // COLUMNS), COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(curves) :]:
        axes.set_axis_off()
    for position, (axes, curve) in enumerate(zip(grid.flat, curves, strict=False)):
        _draw(axes, kind, curve, scheme, scheme.accent, "-", chance=True)
        percent_axes(axes, parts=1)
        axes.set(xlabel="", ylabel="")
        axes.tick_params(labelbottom=position + COLUMNS >= len(curves))
        axes.set_title(curve.label(13), fontsize=SMALL)
    figure.supxlabel(kind.x, fontsize=SMALL)
    figure.supylabel(kind.y, fontsize=SMALL)


def _draw(axes: Axes, kind: CurveKind, curve: Curve, scheme: Scheme, colour: str, dashes: object, chance: bool) -> None:
    """Draw a curve and, with `chance`, that of guessing."""
    line = {
        "label": curve.label(44),
        "color": colour,
        "linestyle": dashes,
        "linewidth": 1.1 if curve.of_voter else 2.2,
        "marker": "o" if curve.is_marked and not curve.of_voter else "",
        "markersize": 5.5,
        "clip_on": False,
        "zorder": 2 if curve.of_voter else 3,
    }
    guessing = {"label": "guessing", "color": scheme.muted, "linestyle": (0, (2, 3)), "linewidth": 1, "zorder": 1}
    shown = kind.display.from_predictions(
        curve.positive,
        curve.scores,
        ax=axes,
        drop_intermediate=not curve.is_marked,
        curve_kwargs=line,
        plot_chance_level=chance,
        chance_level_kw=guessing,
    )
    axes.set_aspect("auto")
    axes.legend().remove()  # one below the panel has all curves
    if kind.display is PrecisionRecallDisplay:
        # scikit-learn ends the curve at recall 0 and precision 1, which no threshold gives.
        shown.line_.set(ydata=np.append(shown.precision[:-1], shown.precision[-2]), markevery=slice(-1))
