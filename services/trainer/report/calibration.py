"""Calibration: how often what is given as so likely is so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import LabelledPredictions
from services.trainer.report.style import SMALL, WIDTH, Scheme, percent_axes

# Shares of votes have few distinct values, and each is a bin of its own; else bins hold about so many samples.
MOST_VALUES, PER_BIN, MOST_BINS = 8, 12, 8
# Closer than this the counts beside the points would overlap.
APART = 0.09
Z = 1.96  # 95% of a normal distribution


@dataclass(frozen=True)
class Bin:
    """Samples with similar probabilities: how many, the mean probability, the share of those that are so."""

    count: int
    given: float
    found: float

    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of `found`."""
        middle = (self.found + Z**2 / (2 * self.count)) / (1 + Z**2 / self.count)
        spread = self.found * (1 - self.found) / self.count + Z**2 / (4 * self.count**2)
        half = Z / (1 + Z**2 / self.count) * float(np.sqrt(spread))
        return max(0.0, middle - half), min(1.0, middle + half)


def drawing(held_out: LabelledPredictions) -> Drawing:
    """For two classes the probability of the last; for more that of the label the model gives."""
    if len(held_out.classes) == 2:
        what = f"probability of {held_out.classes[-1]}"
        given, so = held_out.probabilities[:, -1], held_out.true == held_out.classes[-1]
    else:
        what = "probability of the label given"
        given, so = held_out.probabilities.max(axis=1), held_out.true == held_out.predicted
    bins = _bins(given, so)

    def onto(figure: Figure, scheme: Scheme) -> None:
        _plot(figure, bins, scheme)
        figure.axes[0].set(xlabel=f"Given: {what}", ylabel="Found: share for which it is so")

    said = "; ".join(f"{each.given:.0%} given, {each.found:.0%} found ({each.count})" for each in bins)
    alt = f"Calibration on the {len(so)} validation and test samples, {what}: {said}."
    return Drawing("calibration", "Calibration", _caption(bins, len(so)), alt, WIDTH, 400, onto)


def _bins(given: NDArray[np.float64], so: NDArray[np.bool_]) -> list[Bin]:
    given = given.round(9)  # shares of votes may differ in the last bit
    if len(np.unique(given)) <= MOST_VALUES:
        places = np.unique(given, return_inverse=True)[1]
    else:
        wanted = min(MOST_BINS, max(2, len(given) // PER_BIN))
        edges = np.unique(np.quantile(given, np.linspace(0, 1, wanted + 1)[1:-1]))
        places = np.searchsorted(edges, given, side="right")
    return [
        Bin(int(here.sum()), float(given[here].mean()), float(so[here].mean()))
        for here in (places == place for place in np.unique(places))
    ]


def _plot(figure: Figure, bins: Sequence[Bin], scheme: Scheme) -> None:
    axes = figure.subplots()
    axes.grid(visible=True)
    (ideal,) = axes.plot([0, 1], [0, 1], color=scheme.muted, linestyle=(0, (2, 3)), linewidth=1)
    lower, upper = zip(*(each.interval() for each in bins), strict=True)
    given, found = [each.given for each in bins], [each.found for each in bins]
    bars = axes.vlines(given, lower, upper, color=scheme.accent, alpha=0.45, linewidth=2.5, clip_on=False)
    (points,) = axes.plot(
        given, found, color=scheme.accent, linewidth=1.2, marker="o", markersize=7.5, clip_on=False, zorder=3
    )
    counted = f"found, each point {_counts(bins)} samples"
    if min(np.diff(given), default=1.0) >= APART:
        counted = "found, beside it the number of samples"
        for each in bins:
            _count(axes, each, scheme)
    percent_axes(axes)
    names = [counted, "95% interval of what is found", "found as often as given"]
    figure.legend([points, bars, ideal], names, loc="outside lower left", handlelength=2.6)


def _count(axes: Axes, each: Bin, scheme: Scheme) -> None:
    """Write the count above the curve or below it, away from the diagonal and within the frame."""
    above = each.given > 0.9 or (each.given > 0.1 and each.found >= each.given)
    axes.annotate(
        str(each.count),
        (each.given, each.found),
        (-6, 4) if above else (9, -3),
        textcoords="offset points",
        ha="right" if above else "left",
        va="bottom" if above else "top",
        fontsize=SMALL,
        bbox={"facecolor": scheme.surface, "edgecolor": "none", "pad": 0.5},
    )


def _counts(bins: Sequence[Bin]) -> str:
    least, most = min(each.count for each in bins), max(each.count for each in bins)
    return str(least) if least == most else f"{least} to {most}"


def _caption(bins: Sequence[Bin], samples: int) -> str:
    furthest = max(bins, key=lambda each: abs(each.given - each.found))
    return (
        f"The {samples} samples of the validation and test parts, those with a similar probability in one point: on the"
        " dotted line they turn out so as often as the model says, above it more often, below it less. Furthest off:"
        f" where the model says {furthest.given:.0%}, it is {furthest.found:.0%}."
    )
