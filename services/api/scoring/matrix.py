"""Encodes many rows at once: from columns of JSON values to the matrix that a model takes.

Validates whole columns by the rules of petalstream/schema.py, each in one operation. Where a value may be invalid it
returns None; the caller then validates row by row, which finds the errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.schema import Feature, Kind

# Clients send the names in few orders; the rules of each order are kept.
MAX_ORDERS = 20
# A float64 has every whole number up to here.
EXACT_MAX = 2.0**53


@dataclass(frozen=True)
class Table:
    """Rows in columns: a list of n values for each name.

    `numbers` holds the same values with shape (names, n), if all are numbers and such an array was made already.
    """

    columns: Mapping[str, Sequence[Any]]
    numbers: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self) -> list[dict[str, Any]]:
        """Return the table row by row."""
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*self.columns.values(), strict=True)]


@dataclass(frozen=True)
class Samples:
    """Valid rows: the model's inputs with shape (n, inputs), and by row number the unused features that a row names."""

    matrix: NDArray[np.float64]
    unused: Mapping[int, Sequence[str]]


class Encoder:
    """Encodes tables for one model; `features` are the model's."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._required = {feature.name for feature in features if feature.used}
        self._optional = self._features.keys() - self._required
        self._rules_of = lru_cache(MAX_ORDERS)(self._rules)

    def encode_rows(self, rows: Sequence[object]) -> Samples | None:
        """Return the samples if all rows are objects with the same names and surely valid, else None."""
        first = rows[0]
        if not isinstance(first, dict) or set(map(type, rows)) != {dict} or set(map(len, rows)) != {len(first)}:  # type: ignore[arg-type]
            return None
        try:
            return self.encode_table(Table({name: [row[name] for row in rows] for name in first}))  # type: ignore[index]
        except KeyError:
            return None

    def encode_table(self, table: Table) -> Samples | None:
        """Return the samples if all names and values are surely valid, else None."""
        values, columns = table.numbers, table.columns
        if values is None:
            columns = {name: column for name, column in columns.items() if not self._is_left_out(name, column)}
        names = tuple(columns)
        if not self._features.keys() >= columns.keys() >= self._required:
            return None
        try:
            if values is None:
                encoded = [_encode_column(self._features[name], column) for name, column in columns.items()]
                values = np.array(encoded, dtype=np.float64)
        except (_MayBeInvalid, OverflowError):
            return None
        rules = self._rules_of(names)
        if not rules.allow(values):
            return None
        matrix = np.ascontiguousarray(values[rules.inputs].T)
        return Samples(matrix, dict.fromkeys(range(len(matrix)), rules.unused) if rules.unused else {})

    def _is_left_out(self, name: str, column: Sequence[Any]) -> bool:
        """Return whether an optional feature is null in every row."""
        return column[0] is None and name in self._optional and column.count(None) == len(column)

    def _rules(self, names: Sequence[str]) -> "_Rules":
        features = [self._features[name] for name in names]
        least, most = np.array([_exact_bounds(feature) for feature in features]).T[:, :, np.newaxis]
        whole = [row for row, feature in enumerate(features) if feature.is_whole]
        inputs = [names.index(feature.name) for feature in self._features.values() if feature.used]
        unused = [name for name in self._features if name in names and not self._features[name].used]
        return _Rules(least, most, whole, inputs, unused)


@dataclass(frozen=True)
class _Rules:
    """The rules for columns in one order: bounds of shape (columns, 1), and which columns are what, by position."""

    least: NDArray[np.float64]
    most: NDArray[np.float64]
    whole: Sequence[int]
    inputs: Sequence[int]
    unused: Sequence[str]

    def allow(self, values: NDArray[np.float64]) -> bool:
        """Return whether all `values`, of shape (columns, n), are within bounds and whole; NaN is within no bounds."""
        if not ((values >= self.least) & (values <= self.most)).all():
            return False
        return not self.whole or bool((values[self.whole] == np.floor(values[self.whole])).all())


class _MayBeInvalid(Exception):
    """A column holds a value of another type, or no choice of its category."""


def _encode_column(feature: Feature, values: Sequence[Any]) -> Sequence[float]:
    if feature.kind is Kind.CATEGORY:
        codes = feature.codes
        try:
            return [codes[value] for value in values]
        except (KeyError, TypeError):  # TypeError: a list or an object can be no key
            raise _MayBeInvalid from None
    if not set(map(type, values)) <= feature.types:
        raise _MayBeInvalid
    return values


def _exact_bounds(feature: Feature) -> tuple[float, float]:
    """Return the feature's bounds for float64, in which a whole number beyond a large bound may be rounded to it."""
    least, most = feature.bounds
    return _exact_bound(least, np.inf), _exact_bound(most, -np.inf)


def _exact_bound(bound: float, inwards: float) -> float:
    return bound if abs(bound) < EXACT_MAX else float(np.nextafter(bound, inwards))
