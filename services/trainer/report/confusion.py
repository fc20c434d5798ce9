"""The confusion matrix: which class was taken for which."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from services.trainer.report.answers import Answers
from services.trainer.report.drawing import Drawing
from services.trainer.report.style import POINTS, SMALL, WIDTH, Scheme, mixed, quiet, readable_on, wrapped

# A cell of fewer pixels has no room for its percent, and one of still fewer none for its count.
ROOM_FOR_PERCENT, ROOM_FOR_COUNT = 40, 18


def drawing(test: Answers) -> Drawing:
    """Counts and percent of each row, for the test part."""
    counts = confusion_matrix(test.true, test.predicted, labels=test.classes)
    room = 150 if len(test.classes) > 2 else 170
    width = max(WIDTH, min(760, room + 44 * len(test.classes)))
    cell = (width - room) / len(test.classes)
    height = int(90 + len(test.classes) * min(cell, 110)) + (50 if _tilted(test.classes, cell) else 0)

    def onto(figure: Figure, scheme: Scheme) -> None:
        axes = figure.subplots()
        _cells(axes, counts, cell, scheme)
        _labels(axes, test.classes, cell)

    return Drawing(
        "confusion_matrix", "Confusion matrix", _caption(test, counts), _alt(test, counts), width, height, onto
    )


def _cells(axes: Axes, counts: NDArray[np.int64], cell: float, scheme: Scheme) -> None:
    """A row a true class from the top; blue where the model was right, orange where it was not, stronger for more."""
    quiet(axes)
    axes.set(xlim=(0, len(counts)), ylim=(len(counts), 0))
    totals = counts.sum(axis=1)
    for (row, column), count in np.ndenumerate(counts):
        share = count / max(totals[row], 1)
        colour = scheme.accent if row == column else scheme.wrong
        fill = mixed(colour, scheme.surface, 0.12 + 0.88 * share) if count else scheme.faint
        axes.add_patch(
            Rectangle((column, row), 1, 1, facecolor=fill, edgecolor=scheme.surface, linewidth=min(2, cell / 15))
        )
        if cell < ROOM_FOR_COUNT or (not count and len(counts) > 6):
            continue
        ink = readable_on(fill) if count else scheme.muted
        below = cell >= ROOM_FOR_PERCENT
        size = 19 if cell > 60 else 13
        axes.text(
            column + 0.5,
            row + (0.42 if below else 0.5),
            str(count),
            ha="center",
            va="center",
            color=ink,
            fontsize=size * POINTS,
            fontweight="bold" if row == column else "normal",
        )
        if below:
            axes.text(
                column + 0.5,
                row + (0.7 if cell > 60 else 0.74),
                f"{share:.0%}",
                ha="center",
                va="center",
                color=ink,
                fontsize=SMALL if cell > 60 else 10.5 * POINTS,
            )


def _labels(axes: Axes, classes: tuple[str, ...], cell: float) -> None:
    middles = np.arange(len(classes)) + 0.5
    if _tilted(classes, cell):
        axes.set_xticks(
            middles, [wrapped(label, 16, 1) for label in classes], rotation=45, ha="right", rotation_mode="anchor"
        )
    else:
        axes.set_xticks(middles, [wrapped(label, max(8, int(cell / 8))) for label in classes])
    axes.set_yticks(middles, [wrapped(label, 14) for label in classes])
    axes.set_xlabel("Predicted")
    axes.set_ylabel("Actual")


def _tilted(classes: tuple[str, ...], cell: float) -> bool:
    return cell < 8 * max(len(word) for label in classes for word in label.split() or [""])


def _caption(test: Answers, counts: NDArray[np.int64]) -> str:
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


def _alt(test: Answers, counts: NDArray[np.int64]) -> str:
    rows = []
    for label, row in zip(test.classes, counts, strict=True):
        said = [f"{count} predicted as {column}" for column, count in zip(test.classes, row, strict=True) if count]
        rows.append(f"Actually {label} ({row.sum()}): {', '.join(said)}.")
    return f"Confusion matrix of the {counts.sum()} test samples. {' '.join(rows)}"
