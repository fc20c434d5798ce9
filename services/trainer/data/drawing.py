"""Draws the parts of units: rows that belong together, such as copies of one row."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

SHARES = np.array([3 / 5, 1 / 5, 1 / 5])


@dataclass(frozen=True)
class Units:
    """Units of rows, each with its number of rows (`sizes`), its stratum, and the part that it is known to be in.

    `of_row` is the position of each row's unit, and `first` of each unit's first row. A unit of no known part has -1.
    """

    of_row: NDArray[np.int64]
    first: NDArray[np.int64]
    sizes: NDArray[np.int64]
    strata: NDArray[np.int64]
    parts: NDArray[np.int64]

    @classmethod
    def of(cls, units: NDArray[np.int64], strata: NDArray[Any] | None) -> Self:
        """Return the units of rows, given the unit and the stratum of each row; no part is known.

        A unit of several strata counts as of its first row's.
        """
        _, first, of_row, sizes = np.unique(units, return_index=True, return_inverse=True, return_counts=True)
        of_rows = np.zeros(len(units), np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
        return cls(of_row, first, sizes, of_rows[first], np.full(len(first), -1))


def draw(units: Units, random: np.random.Generator) -> NDArray[np.int64]:
    """Return the part of each unit, 0 to 2: the known one, or one drawn so that each stratum comes close to 3:1:1.

    What one stratum leaves over, the next makes up for, so that the parts as a whole come close too.
    """
    parts = units.parts.copy()
    left_over = np.zeros(len(SHARES))
    for stratum in np.unique(units.strata):
        members = np.flatnonzero(units.strata == stratum)
        placed = members[parts[members] >= 0]
        held = np.bincount(parts[placed], units.sizes[placed], len(SHARES))
        wanted = SHARES * units.sizes[members].sum() - held + left_over
        new = random.permutation(members[parts[members] < 0])
        for unit in new[np.argsort(-units.sizes[new], kind="stable")]:
            part = int(np.argmax(wanted))
            parts[unit] = part
            wanted[part] -= units.sizes[unit]
        left_over = np.clip(wanted, -1, 1)
    return parts


def earliest_first(units: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows in the order of time; the rows of a unit stand together, at the time of the last of them."""
    last = np.full(units.max() + 1, -np.inf)
    np.maximum.at(last, units, times)
    return np.lexsort((times, units, last[units]))
