"""Many rows at once: from columns of JSON values to the matrix that a model takes, without a look at each value.

It takes what surely fits, by the same rules as petalstream/schema.py. Of all else that judges row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.schema import FLOAT32_MAX, Feature, Kind

LAYOUTS = 20
# Up to here a float has every whole number.
EXACT = 2.0**53
_TYPES = {Kind.NUMBER: {int, float}, Kind.INTEGER: {int, float}, Kind.YES_NO: {bool, int, float}}


@dataclass(frozen=True)
class Table:
    """Rows given column by column: the values of each name, as many of one as of any other.

    `numbers` are the same as an array of shape (names, n), where all of them are numbers and one was made already.
    """

    columns: Mapping[str, Sequence[Any]]
    numbers: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self) -> list[dict[str, Any]]:
        """The same row by row."""
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*self.columns.values(), strict=True)]


@dataclass(frozen=True)
class Samples:
    """Rows that fit a model: its inputs as a matrix of shape (n, inputs), and what each row names beside them."""

    matrix: NDArray[np.float64]
    unused: Mapping[int, Sequence[str]]


class Encoder:
    """Knows a model's features, and turns whole tables into samples."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._needed = {feature.name for feature in features if feature.used}
        self._beside = self._features.keys() - self._needed
        # Clients send the names in few orders.
        self._layout_of = lru_cache(LAYOUTS)(self._layout)
        self._codes = {
            feature.name: {choice: float(code) for code, choice in enumerate(feature.choices)}
            for feature in features
            if feature.kind is Kind.CATEGORY
        }

    def encode_rows(self, rows: Sequence[object]) -> Samples | None:
        """The samples, where all rows are objects of the same names and fit; None where they may not."""
        first = rows[0]
        if not isinstance(first, dict) or set(map(type, rows)) != {dict} or set(map(len, rows)) != {len(first)}:  # type: ignore[arg-type]
            return None
        try:
            return self.encode_table(Table({name: [row[name] for row in rows] for name in first}))  # type: ignore[index]
        except KeyError:
            return None

    def encode_table(self, table: Table) -> Samples | None:
        """The samples of a table; None where a value may not fit, or a name."""
        values, columns = table.numbers, table.columns
        if values is None:
            columns = {name: column for name, column in columns.items() if not self._is_left_out(name, column)}
        names = tuple(columns)
        if not self._features.keys() >= columns.keys() >= self._needed:
            return None
        try:
            if values is None:
                values = np.array([self._numbers(name, columns[name]) for name in names], dtype=np.float64)
        except (_Unfit, OverflowError):
            return None
        layout = self._layout_of(names)
        if not layout.allows(values):
            return None
        matrix = np.ascontiguousarray(values[layout.inputs].T)
        return Samples(matrix, dict.fromkeys(range(len(matrix)), layout.unused) if layout.unused else {})

    def _is_left_out(self, name: str, column: Sequence[Any]) -> bool:
        """Whether every row has null for a feature that the model does not use."""
        return column[0] is None and name in self._beside and column.count(None) == len(column)

    def _numbers(self, name: str, values: Sequence[Any]) -> Sequence[float]:
        codes = self._codes.get(name)
        if codes is not None:
            try:
                return [codes[value] for value in values]
            except (KeyError, TypeError):  # no choice, or a list or object, which could be no key
                raise _Unfit from None
        if not set(map(type, values)) <= _TYPES[self._features[name].kind]:
            raise _Unfit
        return values

    def _layout(self, names: Sequence[str]) -> "_Layout":
        features = [self._features[name] for name in names]
        least, most = np.array([_bounds(feature) for feature in features]).T[:, :, np.newaxis]
        whole = [row for row, feature in enumerate(features) if feature.kind in (Kind.INTEGER, Kind.YES_NO)]
        inputs = [names.index(feature.name) for feature in self._features.values() if feature.used]
        unused = [name for name in self._features if name in names and not self._features[name].used]
        return _Layout(least, most, whole, inputs, unused)


@dataclass(frozen=True)
class _Layout:
    """What the columns of a table are: bounds of shape (names, 1), which are whole numbers, inputs, and not used."""

    least: NDArray[np.float64]
    most: NDArray[np.float64]
    whole: Sequence[int]
    inputs: Sequence[int]
    unused: Sequence[str]

    def allows(self, values: NDArray[np.float64]) -> bool:
        """Whether the features allow all `values`, a row for each column; NaN is within no bounds."""
        if not ((values >= self.least) & (values <= self.most)).all():
            return False
        return not self.whole or bool((values[self.whole] == np.floor(values[self.whole])).all())


class _Unfit(Exception):
    """A column has a value that may be at fault."""


def _bounds(feature: Feature) -> tuple[float, float]:
    if feature.kind is Kind.YES_NO:
        return 0, 1
    least = -FLOAT32_MAX if feature.minimum is None else max(-FLOAT32_MAX, feature.minimum)
    most = FLOAT32_MAX if feature.maximum is None else min(FLOAT32_MAX, feature.maximum)
    return _surely(least, np.inf), _surely(most, -np.inf)


def _surely(bound: float, inwards: float) -> float:
    """The bound, but where a whole number beyond it may have been rounded to it, the next within."""
    return bound if abs(bound) < EXACT else float(np.nextafter(bound, inwards))
