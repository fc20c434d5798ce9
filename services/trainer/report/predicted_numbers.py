"""The figures of predicted numbers: beside the true ones, and their errors."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from petalstream.model.metrics import DIGITS
from petalstream.readable import readable
from services.trainer.report.distribution_axes import short_numbers
from services.trainer.report.drawing import Drawing
from services.trainer.report.style import WIDTH, Scheme, hide_frame

BINS = 21
# More points make the file large and the figure no clearer.
MAX_POINTS = 600


def predicted_drawing(true: NDArray[np.float64], predicted: NDArray[np.float64], name: str, unit: str) -> Drawing:
    """Return the figure of `predicted` by `true` numbers of the test part, both of shape (n,)."""
    shown = np.linspace(0, len(true) - 1, min(len(true), MAX_POINTS)).round().astype(int)

    def draw(axes: Axes, scheme: Scheme) -> None:
        ends = [float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))]
        axes.plot(ends, ends, color=scheme.muted, linestyle=(0, (2, 3)), linewidth=1)
        axes.scatter(true[shown], predicted[shown], s=14, color=scheme.accent, alpha=0.55, linewidths=0)
        axes.set(xlabel=f"True: {_axis(name, unit)}", ylabel="Predicted")

    caption = (
        "Each point is a sample of the test part. On the dotted line the prediction is right; above it, it is too high."
        f" Half of the predictions are within {readable(float(np.median(np.abs(predicted - true))), unit, DIGITS)}."
    )
    correlation = float(np.corrcoef(true, predicted)[0, 1]) if np.ptp(predicted) else 0.0
    alt = f"Predicted by true {name} of {len(true)} test samples; their correlation is {correlation:.2f}."
    return Drawing("predicted_and_true", "Predicted and true", caption, alt, WIDTH, 400, _on_axes(draw))


def error_drawing(true: NDArray[np.float64], predicted: NDArray[np.float64], name: str, unit: str) -> Drawing:
    """Return the figure of how often predictions are too high or too low by how much, on the test part."""
    errors = predicted - true
    widest = float(np.abs(errors).max()) or 1.0
    counts, edges = np.histogram(errors, bins=BINS, range=(-widest, widest))

    def draw(axes: Axes, scheme: Scheme) -> None:
        axes.stairs(counts, edges, fill=True, color=scheme.accent, linewidth=0)
        axes.axvline(0, color=scheme.muted, linewidth=1)
        axes.set(xlabel=f"Predicted less true: {_axis(name, unit)}", ylabel="samples", ylim=(0, 1.05 * counts.max()))
        axes.locator_params(axis="y", nbins=4, integer=True)

    quantiles = [float(np.quantile(errors, share)) for share in (0.05, 0.5, 0.95)]
    low, middle, high = (readable(each, unit, DIGITS) for each in quantiles)
    caption = (
        f"By how much the predictions for the {len(true)} samples of the test part are too high (right) or too low"
        f" (left). Nine of ten errors are from {low} to {high}, and the middle one is {middle}."
    )
    alt = f"Errors of the predicted {name}: 5% are below {low}, 5% above {high}."
    return Drawing("errors", "Errors", caption, alt, WIDTH, 280, _on_axes(draw))


def _axis(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _on_axes(draw: Callable[[Axes, Scheme], None]) -> Callable[[Figure, Scheme], None]:
    def onto(figure: Figure, scheme: Scheme) -> None:
        axes = figure.subplots()
        axes.grid(visible=True)
        draw(axes, scheme)
        short_numbers(axes)
        hide_frame(axes)

    return onto
