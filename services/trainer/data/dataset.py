"""Labelled samples, from the CSV to the fit."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from petalstream.model.inputs import Inputs


@dataclass(frozen=True)
class Dataset:
    """Labelled samples: as the CSV has them (`values`), as a graph takes them (`inputs`), and as scikit-learn does.

    `values` has shape (n, features) and JSON's types, None for a missing one; `frame` has a column for each input.
    `codes` are the positions of the labels among the definition's, and `labels` their words, of shape (n,). `lines` are
    the samples' line numbers in the CSV.
    """

    values: NDArray[np.object_]
    inputs: Inputs
    frame: pd.DataFrame
    codes: NDArray[np.int64]
    labels: NDArray[np.str_]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def part(self, rows: NDArray[np.int64]) -> Self:
        """Return the samples at the positions `rows`."""
        return type(self)(
            self.values[rows],
            self.inputs.at(rows),
            self.frame.iloc[rows].reset_index(drop=True),
            self.codes[rows],
            self.labels[rows],
            self.lines[rows],
        )

    def joined(self, other: Self) -> Self:
        """Return these samples followed by those of `other`."""
        return type(self)(
            np.concatenate([self.values, other.values]),
            self.inputs.joined(other.inputs),
            pd.concat([self.frame, other.frame], ignore_index=True),
            np.concatenate([self.codes, other.codes]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.lines, other.lines]),
        )
