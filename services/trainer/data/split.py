"""Divides the rows of a data set into training, validation and test part (3:1:1)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.data.dataset import Dataset
from services.trainer.data.drawing import Units, draw, earliest_first

PARTS = ("training", "validation", "test")
# The keys of the rows in each part, by its name; one that several rows have is there as often.
KnownParts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Parts:
    """Training (three fifths), validation and test (one fifth each)."""

    training: Dataset
    validation: Dataset
    test: Dataset

    def keys(self) -> dict[str, list[str]]:
        """Return the keys of the rows in each part, by its name."""
        return {name: sorted(getattr(self, name).keys.tolist()) for name in PARTS}


def split(dataset: Dataset, strata: NDArray[Any] | None, seed: int, known: KnownParts | None = None) -> Parts:
    """Return the three parts; rows of one unit are in one of them.

    Rows that are `known` by their key keep the part that they had, and the others are drawn so that each part has its
    share of each of the `strata`; the same `seed` gives the same parts. Rows with times are divided by these instead:
    the earliest are for the training.
    """
    if dataset.times is not None:
        in_order = earliest_first(dataset.units, dataset.times)
        return Parts(*(dataset.part(rows) for rows in _cut(in_order, dataset.units)))
    units = Units.of(dataset.units, strata)
    units = replace(units, parts=_known_parts(dataset.keys[units.first], known or {}))
    part_of_row = draw(units, np.random.default_rng(seed))[units.of_row]
    # Drawn by itself: known parts do not change the order.
    shuffled = np.random.default_rng([seed, len(dataset)]).permutation(len(dataset))
    return Parts(*(dataset.part(shuffled[part_of_row[shuffled] == part]) for part in range(len(PARTS))))


def _known_parts(keys: NDArray[np.str_], known: KnownParts) -> NDArray[np.int64]:
    """Return the position of the part that each unit is known to be in, -1 if in none, given the units' keys."""
    places = defaultdict[str, list[int]](list)
    for part, name in reversed(list(enumerate(PARTS))):
        for key in known.get(name, ()):
            places[key].append(part)
    return np.array([places[key].pop() if places[key] else -1 for key in keys.tolist()], dtype=np.int64)


def _cut(in_order: NDArray[np.int64], units: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows in three parts; each ends where a unit ends, so it may be some rows longer than its share."""
    count = len(in_order)
    ends = np.append(np.flatnonzero(np.diff(units[in_order])) + 1, count)
    cuts = [int(ends[np.searchsorted(ends, share * count)]) for share in (3 / 5, 4 / 5)]
    return np.split(in_order, cuts)
