"""Labelled samples, from the CSV to the fit."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """Labelled samples as the CSV has them (`values`) and as an estimator takes them (`samples`).

    `values` has shape (n, features) and JSON's types, `samples` (n, inputs), `labels` and `lines` (n,). `lines` are the
    samples' line numbers in the CSV.
    """

    values: NDArray[np.object_]
    samples: NDArray[np.float64]
    labels: NDArray[np.str_]
    lines: NDArray[np.int64]

    def part(self, rows: NDArray[np.int64]) -> Self:
        """Return the samples at the positions `rows`."""
        return type(self)(self.values[rows], self.samples[rows], self.labels[rows], self.lines[rows])

    def joined(self, other: Self) -> Self:
        """Return these samples followed by those of `other`."""
        return type(self)(
            np.concatenate([self.values, other.values]),
            np.concatenate([self.samples, other.samples]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.lines, other.lines]),
        )
