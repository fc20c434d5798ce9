"""Labelled samples, from the CSV to the fit."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from petalstream.model.inputs import Inputs


@dataclass(frozen=True)
class Dataset:
    """Labelled samples: as the CSV has them (`values`), as a graph takes them (`inputs`), and as scikit-learn does.

    `values` has shape (n, features) and JSON's types, None for a missing one; `frame` has a column for each input.
    `targets` are what the estimator learns: the positions of the labels among the definition's, or numbers. `texts` are
    the labels or numbers as the test set has them, and `lines` the samples' line numbers in the CSV. `keys` name a
    sample, or its group, in every version of the CSV; samples of one of the `units` belong together. All have shape
    (n,); `times` too, where the samples have an order. `left_out` rows of the CSV had no target.
    """

    values: NDArray[np.object_]
    inputs: Inputs
    frame: pd.DataFrame
    targets: NDArray[Any]
    texts: NDArray[np.str_]
    lines: NDArray[np.int64]
    keys: NDArray[np.str_]
    units: NDArray[np.int64]
    times: NDArray[np.float64] | None = None
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.targets)

    def part(self, rows: NDArray[np.int64]) -> Self:
        """Return the samples at the positions `rows`."""
        return type(self)(
            self.values[rows],
            self.inputs.at(rows),
            self.frame.iloc[rows].reset_index(drop=True),
            self.targets[rows],
            self.texts[rows],
            self.lines[rows],
            self.keys[rows],
            self.units[rows],
            None if self.times is None else self.times[rows],
        )

    def joined(self, other: Self) -> Self:
        """Return these samples followed by those of `other`."""
        both = self.times is not None and other.times is not None
        return type(self)(
            np.concatenate([self.values, other.values]),
            self.inputs.joined(other.inputs),
            pd.concat([self.frame, other.frame], ignore_index=True),
            np.concatenate([self.targets, other.targets]),
            np.concatenate([self.texts, other.texts]),
            np.concatenate([self.lines, other.lines]),
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.units, other.units]),
            np.concatenate([self.times, other.times]) if both else None,
        )
