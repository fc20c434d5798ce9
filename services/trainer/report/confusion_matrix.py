"""The confusion matrix: true classes by predicted classes."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import LabelledPredictions
from services.trainer.report.style import POINTS, SMALL, WIDTH, Scheme, hide_frame, mixed, readable_on, wrapped

# The smallest cells, in CSS pixels, with a percentage, a count, and a class name on two lines.
MIN_FOR_PERCENT, MIN_FOR_COUNT, MIN_FOR_TWO_LINES = 40, 18, 34
# With more classes most cells are 0, and the zeros would distract.
MAX_CLASSES_WITH_ZEROS = 6


def drawing(test: LabelledPredictions) -> Drawing:
    """Return the figure: counts, and percentages of each row, for the test part."""
    counts = confusion_matrix(test.true, test.predicted, labels=test.classes)
    margin = 150 if len(test.classes) > 2 else 170
    width = max(WIDTH, min(760, margin + 44 * len(test.classes)))
    cell = (width - margin) / len(test.classes)
    height = int(90 + len(test.classes) * min(cell, 110)) + (50 if _tilted(test.classes, cell) else 0)

    def onto(figure: Figure, scheme: Scheme) -> None:
        axes = figure.subplots()
        _cells(axes, counts, cell, scheme)
        _labels(axes, test.classes, cell)

    return Drawing(
        "confusion_matrix", "Confusion matrix", _caption(test, counts), _alt(test, counts), width, height, onto
    )


def _cells(axes: Axes, counts: NDArray[np.int64], cell: float, scheme: Scheme) -> None:
    """Draw a row for each true class: correct cells in blue, others in orange, more intense for larger shares."""
    hide_frame(axes)
    axes.set(xlim=(0, len(counts)), ylim=(len(counts), 0), facecolor=scheme.faint)
    gap = min(2, cell / 15)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, column in np.argwhere(counts):
        colour, share = scheme.accent if row == column else scheme.wrong, shares[row, column]
        fill = mixed(colour, scheme.surface, 0.12 + 0.88 * share)
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=fill, linewidth=0))
        _count(axes, (row, column), counts[row, column], share, cell, readable_on(fill))
    if len(counts) <= MAX_CLASSES_WITH_ZEROS:
        for row, column in np.argwhere(counts == 0):
            _count(axes, (row, column), 0, 0.0, cell, scheme.muted)
    for between in range(1, len(counts)):
        axes.axhline(between, color=scheme.surface, linewidth=gap)
        axes.axvline(between, color=scheme.surface, linewidth=gap)


def _count(axes: Axes, position: tuple[int, int], count: int, share: float, cell: float, ink: str) -> None:
    """Write the count and below it the percentage, unless a cell of `cell` CSS pixels is too small."""
    row, column = position
    if cell < MIN_FOR_COUNT:
        return
    size, small, below = (19 * POINTS, SMALL, 0.7) if cell > 60 else (13 * POINTS, 10.5 * POINTS, 0.74)
    both = cell >= MIN_FOR_PERCENT
    weight = "bold" if row == column else "normal"
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": ink}
    axes.text(column + 0.5, row + (0.42 if both else 0.5), str(count), fontsize=size, fontweight=weight, **style)
    if both:
        axes.text(column + 0.5, row + below, f"{share:.0%}", fontsize=small, **style)


def _labels(axes: Axes, classes: tuple[str, ...], cell: float) -> None:
    middles = np.arange(len(classes)) + 0.5
    if _tilted(classes, cell):
        axes.set_xticks(
            middles, [wrapped(label, 16, 1) for label in classes], rotation=45, ha="right", rotation_mode="anchor"
        )
    else:
        axes.set_xticks(middles, [wrapped(label, max(8, int(cell / 8))) for label in classes])
    axes.set_yticks(middles, [wrapped(label, 16, 2 if cell >= MIN_FOR_TWO_LINES else 1) for label in classes])
    axes.set_xlabel("Predicted")
    axes.set_ylabel("Actual")


def _tilted(classes: tuple[str, ...], cell: float) -> bool:
    return cell < 8 * max(len(word) for label in classes for word in label.split() or [""])


def _caption(test: LabelledPredictions, counts: NDArray[np.int64]) -> str:
    right, all_of_them = int(np.trace(counts)), int(counts.sum())
    said = (
        "Each row is what samples of the test part really are, each column what the model said; on the diagonal it was"
        f" right: {right} of {all_of_them} ({right / all_of_them:.0%})."
    )
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    if not wrong.any():
        return f"{said} It made no mistake here."
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    times = int(wrong[row, column])
    return (
        f"{said} Its commonest mistake: {test.classes[row]} taken for {test.classes[column]}, {times} times."
        if times > 1
        else said
    )


def _alt(test: LabelledPredictions, counts: NDArray[np.int64]) -> str:
    rows = []
    for label, row in zip(test.classes, counts, strict=True):
        said = [f"{count} predicted as {column}" for column, count in zip(test.classes, row, strict=True) if count]
        rows.append(f"Actually {label} ({row.sum()}): {', '.join(said)}.")
    return f"Confusion matrix of the {counts.sum()} test samples. {' '.join(rows)}"
