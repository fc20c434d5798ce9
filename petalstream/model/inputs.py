"""The inputs of a model for several rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Inputs:
    """The inputs of n rows: `matrix` of shape (n, inputs), and for each text feature its n texts by name.

    A missing value is NaN in the matrix, and so is every text.
    """

    matrix: NDArray[np.float64]
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.matrix)

    def rows(self, start: int, end: int) -> Self:
        """Return the inputs of the rows from `start` on, before `end`."""
        return type(self)(self.matrix[start:end], {name: texts[start:end] for name, texts in self.texts.items()})

    def at(self, rows: Any) -> Self:
        """Return the inputs of the rows at these positions, which may repeat."""
        return type(self)(self.matrix[rows], {name: [texts[row] for row in rows] for name, texts in self.texts.items()})

    def repeated(self, count: int) -> Self:
        """Return `count` rows: these ones again and again."""
        return self.at([row % len(self) for row in range(count)])

    def joined(self, other: Self) -> Self:
        """Return these rows followed by those of `other`."""
        texts = {name: [*texts, *other.texts[name]] for name, texts in self.texts.items()}
        return type(self)(np.concatenate([self.matrix, other.matrix]), texts)
