"""The confusion matrix of a model's stream, as rows for a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.dashboard.snapshot import ModelSnapshot


@dataclass(frozen=True)
class Cell:
    """How many predictions of one class there were where another, or the same, was true."""

    count: int
    is_right: bool


@dataclass(frozen=True)
class Confusion:
    """The matrix: a row of cells for each true label, in the order of the predicted `labels`."""

    labels: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


def tabulate(model: ModelSnapshot) -> Confusion:
    """Return the matrix with the same labels in rows and columns."""
    counts = {(true, predicted): number for true, predicted, number in model.confusion}
    labels = sorted({label for pair in counts for label in pair})
    rows = [
        (true, [Cell(counts.get((true, predicted), 0), true == predicted) for predicted in labels]) for true in labels
    ]
    return Confusion(labels, rows)
