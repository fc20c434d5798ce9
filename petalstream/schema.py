"""What a model's features are, and whether a row fits them; standard library only, since every service reads it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from petalstream.reasons import Reason

# scikit-learn's trees compute in 32-bit floats and raise on a larger number; a scaled linear model would overflow.
FLOAT32_MAX = 3.4e38
_SHOWN = 40


@dataclass(frozen=True)
class Fault:
    """Why something cannot be scored: a word to count by, and a sentence to read."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Feature:
    """One input of a model, a finite number in `unit`; `minimum` and `maximum` are hard bounds, None means none."""

    name: str
    label: str
    unit: str
    help: str
    minimum: float | None = None
    maximum: float | None = None

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The feature of a manifest, where it stands with all its fields."""
        return cls(**fields)

    def fault(self, value: object) -> Fault | None:
        """Why `value` cannot be this feature, or None where it can."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Fault(Reason.WRONG_TYPE, f"must be a number, not {_kind(value)}")
        try:
            number = float(value)
        except OverflowError:
            return Fault(Reason.NOT_FINITE, "is a whole number too large for a float")
        if not math.isfinite(number):
            return Fault(Reason.NOT_FINITE, "must be a finite number, not NaN or infinite")
        if abs(number) > FLOAT32_MAX:
            return Fault(Reason.OUT_OF_RANGE, f"must be within ±{FLOAT32_MAX:g}, not {number:g}")
        if self.minimum is not None and number < self.minimum:
            return Fault(Reason.OUT_OF_RANGE, f"must be at least {self.minimum:g} {self.unit}, not {number:g}")
        if self.maximum is not None and number > self.maximum:
            return Fault(Reason.OUT_OF_RANGE, f"must be at most {self.maximum:g} {self.unit}, not {number:g}")
        return None


@dataclass(frozen=True)
class RowError:
    """One fault of one row: `row` counts from 0, `field` is the feature, None where the fault is not in one."""

    row: int | None
    field: str | None
    message: str
    reason: Reason | None = None


def row_errors(features: Sequence[Feature], row: object, index: int = 0) -> Iterator[RowError]:
    """Every fault of `row`, which should be a mapping of just the features' names to numbers.

    It yields them one by one, so that a caller can stop early on a hostile row of very many.
    """
    if not isinstance(row, Mapping):
        yield RowError(index, None, f"must be an object of named features, not {_kind(row)}", Reason.NOT_AN_OBJECT)
        return
    for feature in features:
        if feature.name not in row:
            yield RowError(index, feature.name, "is missing", Reason.MISSING_FEATURE)
        elif fault := feature.fault(row[feature.name]):
            yield RowError(index, feature.name, fault.message, fault.reason)
    expected = [feature.name for feature in features]
    for name in row:
        if name not in expected:
            known = ", ".join(expected)
            said = f"is not a feature; the features are {known}"
            yield RowError(index, _shortened(str(name)), said, Reason.UNKNOWN_FEATURE)


def _kind(value: object) -> str:
    """What a JSON reader would call `value`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return f"the text {_shortened(value)!r}"
    return {list: "a list", dict: "an object", int: "a number", float: "a number"}.get(type(value), "something else")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
