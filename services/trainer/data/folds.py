"""The folds of a cross-validation: rows of one unit are never on both sides."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from services.trainer.data.dataset import Dataset
from services.trainer.data.drawing import earliest_first

Rows = NDArray[np.int64]


def folds(data: Dataset, strata: NDArray[Any] | None, count: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Return the rows to fit on and those held out, for each of `count` folds, with equal shares of the `strata`.

    Rows with times are held out after those that are fitted on: the latest rows fall into `count` blocks, each after
    all rows before it. Folds whose rows to fit on lack one of the strata are left out.
    """
    if data.times is not None:
        return list(_in_time(data, data.times, strata, count))
    if _are_groups(data, strata):
        by_group: Any = GroupKFold if strata is None else StratifiedGroupKFold
        return list(by_group(count, shuffle=True, random_state=seed).split(data.frame, strata, groups=data.units))
    _, first, unit_of_row = np.unique(data.units, return_index=True, return_inverse=True)
    by_unit: Any = KFold if strata is None else StratifiedKFold
    of_units = by_unit(count, shuffle=True, random_state=seed).split(first, None if strata is None else strata[first])
    return [(_rows(unit_of_row, fitted), _rows(unit_of_row, held_out)) for fitted, held_out in of_units]


def thinned(data: Dataset, rows: Rows, share: float, seed: int) -> Rows:
    """Return `share` of the `rows`: the latest, or units drawn at random."""
    if share >= 1:
        return rows
    if data.times is not None:
        return rows[-round(share * len(rows)) :]
    units, of_row, sizes = np.unique(data.units[rows], return_inverse=True, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(units))
    kept = shuffled[np.cumsum(sizes[shuffled]) <= round(share * len(rows))]
    return rows[np.isin(of_row, kept)]


def _are_groups(data: Dataset, strata: NDArray[Any] | None) -> bool:
    """Return whether there are units of several strata, or large ones: then folds of units would differ in size."""
    _, first, unit_of_row, sizes = np.unique(data.units, return_index=True, return_inverse=True, return_counts=True)
    is_mixed = strata is not None and bool((strata != strata[first][unit_of_row]).any())
    return is_mixed or bool(sizes.max() > 0.02 * len(data))


def _in_time(
    data: Dataset, times: NDArray[np.float64], strata: NDArray[Any] | None, count: int
) -> Iterator[tuple[Rows, Rows]]:
    in_order = earliest_first(data.units, times)
    _, first, unit_of_row = np.unique(data.units[in_order], return_index=True, return_inverse=True)
    # Units by the place of their first row in the order.
    place_of_unit = np.argsort(np.argsort(first))
    places = place_of_unit[unit_of_row]
    for fitted, held_out in TimeSeriesSplit(count).split(first):
        rows = in_order[np.isin(places, fitted)]
        if strata is None or len(np.unique(strata[rows])) == len(np.unique(strata)):
            yield rows, in_order[np.isin(places, held_out)]


def _rows(unit_of_row: Rows, units: Rows) -> Rows:
    chosen = np.zeros(int(unit_of_row.max()) + 1, dtype=bool)
    chosen[units] = True
    return np.flatnonzero(chosen[unit_of_row])
