"""How well the rows of a part are predicted that have the same choice, or the same yes or no."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Feature
from services.trainer.data.dataset import Dataset
from services.trainer.evaluation.estimates import Estimate

# Of fewer rows a metric says next to nothing.
MIN_ROWS = 5

# The estimate of a metric on the rows at these positions.
Measure = Callable[[NDArray[np.int64]], Estimate]


def measure_slices(part: Dataset, features: Sequence[Feature], measure: Measure) -> list[dict[str, Any]]:
    """Return each slice of a part: its feature, value, number of rows, and the estimate, None below MIN_ROWS rows.

    `features` are the columns of the part, those that the model does not use included. A slice has the rows with one
    option of a feature, or those without a value, whose value is None here too.
    """
    return [
        {"feature": feature.name, "value": value, "rows": len(rows), "estimate": _estimate(rows, measure)}
        for column, feature in enumerate(features)
        for value, rows in _slices(feature, part.values[:, column])
    ]


def _slices(feature: Feature, values: NDArray[np.object_]) -> Iterator[tuple[str | None, NDArray[np.int64]]]:
    """Yield each option with the positions of its rows; nothing of a feature without options."""
    if not feature.options:
        return
    codes = np.array([feature.encode(value) for value in values])
    for code, option in enumerate(feature.options):
        yield option, np.flatnonzero(codes == code)
    if np.isnan(codes).any():
        yield None, np.flatnonzero(np.isnan(codes))


def _estimate(rows: NDArray[np.int64], measure: Measure) -> Estimate | None:
    return measure(rows) if len(rows) >= MIN_ROWS else None
