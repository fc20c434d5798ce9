"""Divides the rows of a data set into training, validation and test part (3:1:1)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit

from services.trainer.data.dataset import Dataset
from services.trainer.data.drawing import Units, draw, earliest_first

# Of the rows that evaluate a model of numbers: those that its intervals are made from.
CALIBRATION = 1 / 4
PARTS = ("training", "validation", "test")
# The keys of the rows in each part, by its name; one that several rows have is there as often.
KnownParts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Parts:
    """Training (three fifths), validation and test (one fifth each).

    If a model was fitted elsewhere, all of them `are_unseen`: `training` then has all rows, for their distributions.
    """

    training: Dataset
    validation: Dataset
    test: Dataset
    are_unseen: bool = False

    def test_first(self) -> Dataset:
        """Return all rows, those of the test part first."""
        return self.training if self.are_unseen else self.test.joined(self.validation).joined(self.training)

    def keys(self) -> dict[str, list[str]]:
        """Return the keys of the rows in each part, by its name; nothing was fitted on rows that are unseen."""
        fitted = PARTS[0] if self.are_unseen else ""
        return {name: [] if name == fitted else sorted(getattr(self, name).keys.tolist()) for name in PARTS}


def split(dataset: Dataset, strata: NDArray[Any] | None, seed: int, known: KnownParts | None = None) -> Parts:
    """Return the three parts; rows of one unit are in one of them.

    Rows that are `known` by their key keep the part that they had, and the others are drawn so that each part has its
    share of each of the `strata`; the same `seed` gives the same parts. Rows with times are divided by these instead:
    the earliest are for the training.
    """
    if dataset.times is not None:
        in_order = earliest_first(dataset.units, dataset.times)
        training, validation, test = map(dataset.part, _cut(in_order, dataset.units))
        return Parts(training, validation, test)
    units = Units.of(dataset.units, strata)
    units = replace(units, parts=_known_parts(dataset.keys[units.first], known or {}))
    part_of_row = draw(units, np.random.default_rng(seed))[units.of_row]
    # Drawn by itself: known parts do not change the order.
    shuffled = np.random.default_rng([seed, len(dataset)]).permutation(len(dataset))
    training, validation, test = (dataset.part(shuffled[part_of_row[shuffled] == part]) for part in range(len(PARTS)))
    return Parts(training, validation, test)


def unseen_parts(dataset: Dataset, calibrates: bool, seed: int) -> Parts:
    """Return the parts of rows that a model was not fitted on: all test it, or three quarters if it `calibrates`."""
    if not calibrates:
        return Parts(dataset, dataset.part(np.arange(0)), dataset, are_unseen=True)
    quarter = GroupShuffleSplit(1, train_size=CALIBRATION, random_state=seed)
    ((calibration, test),) = quarter.split(dataset.frame, groups=dataset.units)
    return Parts(dataset, dataset.part(calibration), dataset.part(test), are_unseen=True)


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
