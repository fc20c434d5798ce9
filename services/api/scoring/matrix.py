"""Encodes many rows at once: from columns of JSON values to the matrix that a model takes.

Validates whole columns by the rules of petalstream/features/, each in one operation. Where a value may be invalid it
returns None; the caller then validates row by row, which finds the errors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Category, Feature, Text
from petalstream.features.feature import require_types
from petalstream.model.inputs import Inputs

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
    """Valid rows: the inputs of the model, and by row number the unused features that a row names."""

    inputs: Inputs
    unused: Mapping[int, Sequence[str]]


class Encoder:
    """Encodes tables for one model; `features` are the model's."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._inputs = [feature for feature in features if feature.used]
        self._has_categories = any(isinstance(feature, Category) for feature in features)
        self._texts = [feature.name for feature in self._inputs if isinstance(feature, Text)]
        self._required = {feature.name for feature in features if feature.is_required}
        self._rules_of = lru_cache(MAX_ORDERS)(self._rules)

    def encode_rows(self, rows: Sequence[object]) -> Samples | None:
        """Return the samples if all rows are objects with the same names and surely valid, else None."""
        first = rows[0]
        if not first or not isinstance(first, dict) or set(map(type, rows)) != {dict}:
            return None
        if set(map(len, rows)) != {len(first)}:  # type: ignore[arg-type]
            return None
        try:
            return self.encode_table(Table({name: [row[name] for row in rows] for name in first}))  # type: ignore[index]
        except KeyError:
            return None

    def encode_table(self, table: Table) -> Samples | None:
        """Return the samples if all names and values are surely valid, else None."""
        # A number that is a choice is no code.
        values, columns = None if self._has_categories else table.numbers, table.columns
        if values is None:
            columns = {name: column for name, column in columns.items() if not self._is_left_out(name, column)}
        if not columns or not self._features.keys() >= columns.keys() >= self._required:
            return None
        try:
            texts = {name: self._read_texts(name, columns, len(table)) for name in self._texts}
            if values is None:
                encoded = [self._encode_column(name, column) for name, column in columns.items()]
                values = np.array(encoded, dtype=np.float64)
        except (ValueError, OverflowError):
            return None
        rules = self._rules_of(tuple(columns))
        if not rules.allow(values):
            return None
        unused = dict.fromkeys(range(len(table)), rules.unused) if rules.unused else {}
        return Samples(Inputs(rules.pick_inputs(values), texts), unused)

    def _encode_column(self, name: str, values: Sequence[Any]) -> Sequence[float | None]:
        return [math.nan] * len(values) if name in self._texts else self._features[name].encode_column(values)

    def _read_texts(self, name: str, columns: Mapping[str, Sequence[Any]], count: int) -> Sequence[str]:
        """Return the texts of a feature, empty where they are missing. Raises ValueError if one may be invalid."""
        values = columns.get(name, [None] * count)
        require_types(self._features[name], values)
        return [value or "" for value in values]

    def _is_left_out(self, name: str, column: Sequence[Any]) -> bool:
        """Return whether a feature that need not have a value is null in every row."""
        may_be = name in self._features and name not in self._required
        return column[0] is None and may_be and column.count(None) == len(column)

    def _rules(self, names: Sequence[str]) -> "_Rules":
        features = [self._features[name] for name in names]
        least, most = np.array([_exact_bounds(feature) for feature in features]).T[:, :, np.newaxis]
        whole = [row for row, feature in enumerate(features) if feature.is_whole]
        # A text is NaN here. Whether an unused value is there is for each row to see.
        optional = np.array(
            [[feature.used and (feature.optional or isinstance(feature, Text))] for feature in features]
        )
        # An input that no row has is a row of NaN after the last column.
        inputs = [names.index(feature.name) if feature.name in names else len(names) for feature in self._inputs]
        unused = [name for name in self._features if name in names and not self._features[name].used]
        return _Rules(least, most, whole, optional, inputs, unused)


@dataclass(frozen=True)
class _Rules:
    """The rules for columns in one order: bounds and `optional` of shape (columns, 1), and positions of columns."""

    least: NDArray[np.float64]
    most: NDArray[np.float64]
    whole: Sequence[int]
    optional: NDArray[np.bool_]
    inputs: Sequence[int]
    unused: Sequence[str]

    def allow(self, values: NDArray[np.float64]) -> bool:
        """Return whether all `values`, of shape (columns, n), are within bounds and whole, or missing where they may.

        NaN is within no bounds.
        """
        is_within = (values >= self.least) & (values <= self.most)
        if not is_within.all() and not (is_within | (np.isnan(values) & self.optional)).all():
            return False
        whole = values[self.whole]
        return not self.whole or bool(((whole == np.floor(whole)) | np.isnan(whole)).all())

    def pick_inputs(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the matrix of the inputs, of shape (n, inputs)."""
        if len(values) in self.inputs:
            values = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
        return np.ascontiguousarray(values[self.inputs].T)


def _exact_bounds(feature: Feature) -> tuple[float, float]:
    """Return the feature's bounds for float64, in which a whole number beyond a large bound may be rounded to it."""
    least, most = feature.bounds
    return _exact_bound(least, np.inf), _exact_bound(most, -np.inf)


def _exact_bound(bound: float, inwards: float) -> float:
    return bound if abs(bound) < EXACT_MAX else float(np.nextafter(bound, inwards))
