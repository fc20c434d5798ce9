"""The calibration curve: how often a prediction with a certain probability is true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from petalstream.intervals import wilson
from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import LabelledPredictions
from services.trainer.report.style import SMALL, WIDTH, Scheme, percent_axes

# Up to MAX_VALUES distinct probabilities, such as shares of votes, have a bin each. More are divided into MAX_BINS or
# fewer bins of about SAMPLES_PER_BIN samples.
MAX_VALUES, SAMPLES_PER_BIN, MAX_BINS = 8, 12, 8
# Between closer points the counts beside them overlap.
MIN_DISTANCE = 0.09


@dataclass(frozen=True)
class Bin:
    """Samples with similar probabilities: number, mean probability, share whose prediction is true, 95% interval."""

    count: int
    predicted: float
    observed: float
    interval: tuple[float, float]


def drawing(held_out: LabelledPredictions) -> Drawing:
    """Return the figure: of the probability of the last of two classes, or of the predicted label of more."""
    if len(held_out.classes) == 2:
        what = f"probability of {held_out.classes[-1]}"
        probabilities, is_true = held_out.probabilities[:, -1], held_out.true == held_out.classes[-1]
    else:
        what = "probability of the label given"
        probabilities, is_true = held_out.probabilities.max(axis=1), held_out.true == held_out.predicted
    bins = _bins(probabilities, is_true)

    def onto(figure: Figure, scheme: Scheme) -> None:
        _plot(figure, bins, scheme)
        figure.axes[0].set(xlabel=f"Given: {what}", ylabel="Found: share for which it is so")

    said = "; ".join(f"{each.predicted:.0%} given, {each.observed:.0%} found ({each.count})" for each in bins)
    alt = f"Calibration on the {len(is_true)} test samples, {what}: {said}."
    return Drawing("calibration", "Calibration", _caption(bins, len(is_true)), alt, WIDTH, 400, onto)


def _bins(probabilities: NDArray[np.float64], is_true: NDArray[np.bool_]) -> list[Bin]:
    probabilities = probabilities.round(9)  # equal shares of votes may differ in the last bit
    if len(np.unique(probabilities)) <= MAX_VALUES:
        bins = np.unique(probabilities, return_inverse=True)[1]
    else:
        wanted = min(MAX_BINS, max(2, len(probabilities) // SAMPLES_PER_BIN))
        edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, wanted + 1)[1:-1]))
        bins = np.searchsorted(edges, probabilities, side="right")
    return [
        Bin(
            int(here.sum()),
            float(probabilities[here].mean()),
            float(is_true[here].mean()),
            wilson(int(is_true[here].sum()), int(here.sum())),
        )
        for here in (bins == number for number in np.unique(bins))
    ]


def _plot(figure: Figure, bins: Sequence[Bin], scheme: Scheme) -> None:
    axes = figure.subplots()
    axes.grid(visible=True)
    (ideal,) = axes.plot([0, 1], [0, 1], color=scheme.muted, linestyle=(0, (2, 3)), linewidth=1)
    lower, upper = zip(*(each.interval for each in bins), strict=True)
    predicted, observed = [each.predicted for each in bins], [each.observed for each in bins]
    bars = axes.vlines(predicted, lower, upper, color=scheme.accent, alpha=0.45, linewidth=2.5, clip_on=False)
    (points,) = axes.plot(
        predicted, observed, color=scheme.accent, linewidth=1.2, marker="o", markersize=7.5, clip_on=False, zorder=3
    )
    label = f"found, each point {_counts(bins)} samples"
    if min(np.diff(predicted), default=1.0) >= MIN_DISTANCE:
        label = "found, beside it the number of samples"
        for each in bins:
            _count(axes, each, scheme)
    percent_axes(axes)
    names = [label, "95% interval of what is found", "found as often as given"]
    figure.legend([points, bars, ideal], names, loc="outside lower left", handlelength=2.6)


def _count(axes: Axes, each: Bin, scheme: Scheme) -> None:
    """Write the count above or below the curve, off the diagonal and inside the axes."""
    above = each.predicted > 0.9 or (each.predicted > 0.1 and each.observed >= each.predicted)
    axes.annotate(
        str(each.count),
        (each.predicted, each.observed),
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
    furthest = max(bins, key=lambda each: abs(each.predicted - each.observed))
    return (
        f"The {samples} samples of the test part, those with a similar probability in one point: on the"
        " dotted line they turn out so as often as the model says, above it more often, below it less. Furthest off:"
        f" where the model says {furthest.predicted:.0%}, it is {furthest.observed:.0%}."
    )
