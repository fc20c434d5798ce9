"""Many rows at once: from columns of JSON values to the matrix that a model takes, without a look at each value.

It takes what surely fits, by the same rules as petalstream/schema.py. Of all else that judges row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.schema import FLOAT32_MAX, Feature, Kind

_TYPES = {Kind.NUMBER: {int, float}, Kind.INTEGER: {int, float}, Kind.YES_NO: {bool, int, float}}


@dataclass(frozen=True)
class Table:
    """Rows given column by column: the values of each name, as many of one as of any other."""

    columns: Mapping[str, Sequence[Any]]

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


class Matcher:
    """Knows a model's features, and turns whole tables into samples."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._inputs = [feature.name for feature in features if feature.used]
        self._codes = {
            feature.name: {choice: float(code) for code, choice in enumerate(feature.choices)}
            for feature in features
            if feature.kind is Kind.CATEGORY
        }

    def of_rows(self, rows: Sequence[object]) -> Samples | None:
        """The samples, where all rows are objects of the same names and fit; None where they may not."""
        first = rows[0]
        if not isinstance(first, dict) or set(map(type, rows)) != {dict} or set(map(len, rows)) != {len(first)}:  # type: ignore[arg-type]
            return None
        try:
            return self.of_columns({name: [row[name] for row in rows] for name in first})  # type: ignore[index]
        except KeyError:
            return None

    def of_columns(self, columns: Mapping[str, Sequence[Any]]) -> Samples | None:
        """The samples of a table with these columns; None where a value may not fit, or a name."""
        if not columns.keys() <= self._features.keys() or not columns.keys() >= set(self._inputs):
            return None
        names = list(columns)
        try:
            values = np.array([self._numbers(name, columns[name]) for name in names], dtype=np.float64)
        except (_Unfit, OverflowError):
            return None
        if not self._are_within_bounds(names, values):
            return None
        position = {name: row for row, name in enumerate(names)}
        unused = [name for name in self._features if name in position and not self._features[name].used]
        matrix = np.ascontiguousarray(values[[position[name] for name in self._inputs]].T)
        return Samples(matrix, dict.fromkeys(range(len(matrix)), unused) if unused else {})

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

    def _are_within_bounds(self, names: Sequence[str], values: NDArray[np.float64]) -> bool:
        """Whether all `values`, a row for each name, are numbers that their features allow; NaN is within no bounds."""
        features = [self._features[name] for name in names]
        bounds = np.array([_bounds(feature) for feature in features])
        whole = [feature.kind in (Kind.INTEGER, Kind.YES_NO) for feature in features]
        within = (values >= bounds[:, :1]) & (values <= bounds[:, 1:])
        return bool(within.all()) and bool((values[whole] == np.floor(values[whole])).all())


class _Unfit(Exception):
    """A column has a value that may be at fault."""


def _bounds(feature: Feature) -> tuple[float, float]:
    if feature.kind is Kind.YES_NO:
        return 0, 1
    least, most = (FLOAT32_MAX if bound is None else bound for bound in (feature.minimum, feature.maximum))
    return max(-FLOAT32_MAX, -FLOAT32_MAX if feature.minimum is None else least), min(FLOAT32_MAX, most)
