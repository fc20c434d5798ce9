"""What a model's features are, and whether a row fits them; standard library only, since every service reads it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
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


class Kind(StrEnum):
    """What a feature's values are; in JSON a number, a whole number, true or false, or one of the texts to choose."""

    NUMBER = "number"
    INTEGER = "integer"
    YES_NO = "yes/no"
    CATEGORY = "category"


_YES_NO = {**dict.fromkeys(("yes", "true", "1", "1.0"), True), **dict.fromkeys(("no", "false", "0", "0.0"), False)}


@dataclass(frozen=True)
class Feature:
    """One value of a sample: a number in `unit`, yes or no, or one of `choices`.

    `minimum` and `maximum` are hard bounds of a number, None means none. One that is not `used` is asked for and kept
    beside the sample, may be missing or None, and is no input of the model.
    """

    name: str
    label: str
    unit: str = ""
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    kind: Kind = Kind.NUMBER
    choices: tuple[str, ...] = ()
    used: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError where the feature could have no value, or none that a form can send."""
        if (self.kind is Kind.CATEGORY) != (len(self.choices) >= 2):
            said = "only a category has choices, and two or more"
            raise ValueError(f"{self.name} is a {self.kind} with {len(self.choices)} choices: {said}")
        if len(self.choices) != len({choice.strip() for choice in self.choices} - {""}):
            raise ValueError(f"the choices of {self.name} must differ from each other and from nothing")
        if not self.name or not self.label:
            raise ValueError(f"a feature needs a name and a label, and has {self.name!r} and {self.label!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{self.name} has a minimum of {self.minimum:g} above its maximum of {self.maximum:g}")

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The feature of a manifest, where it stands with all its fields."""
        return cls(**{**fields, "kind": Kind(fields["kind"]), "choices": tuple(fields["choices"])})

    def parsed(self, text: str) -> object:
        """The value that a cell of a CSV or a field of a form means; the text itself where it is no such value."""
        text = text.strip()
        if self.kind is Kind.CATEGORY:
            return next((choice for choice in self.choices if choice.strip() == text), text)
        if self.kind is Kind.YES_NO:
            return _YES_NO.get(text.lower(), text)
        try:
            number = float(text)
        except ValueError:
            return text
        if "_" in text:  # Python's own way to write 1000
            return text
        # Not by way of the float, which would round a large one to within the bounds.
        return int(Decimal(text)) if self.kind is Kind.INTEGER and number.is_integer() else number

    def written(self, value: object) -> str:
        """A value that fits as the text that `parsed` reads, and that a person does."""
        if self.kind is Kind.YES_NO:
            return "yes" if value else "no"
        return str(value)

    @property
    def options(self) -> tuple[str, ...]:
        """What can be chosen, as text, in the order of what `encoded` makes of it; nothing for a number."""
        return ("no", "yes") if self.kind is Kind.YES_NO else self.choices

    def encoded(self, value: Any) -> float:
        """A value that fits as the model's input: yes is 1 and no 0, a choice its position among the choices."""
        return float(self.choices.index(value) if self.kind is Kind.CATEGORY else value)

    def fault(self, value: object) -> Fault | None:
        """Why `value` cannot be this feature, or None where it can."""
        if self.kind is Kind.CATEGORY:
            return self._choice_fault(value)
        if self.kind is Kind.YES_NO:
            return self._yes_no_fault(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            number = "a whole number" if self.kind is Kind.INTEGER else "a number"
            return Fault(Reason.WRONG_TYPE, f"must be {number}, not {json_kind(value)}")
        try:
            return self._number_fault(value)
        except OverflowError:
            return Fault(Reason.NOT_FINITE, "is a whole number too large for a float")

    def _yes_no_fault(self, value: object) -> Fault | None:
        if isinstance(value, bool | int | float) and value in (0, 1):
            return None
        return Fault(Reason.WRONG_TYPE, f"must be yes or no (in JSON true or false, or 1 or 0), not {json_kind(value)}")

    def _choice_fault(self, value: object) -> Fault | None:
        if value in self.choices:
            return None
        reason = Reason.OUT_OF_RANGE if isinstance(value, str) else Reason.WRONG_TYPE
        return Fault(reason, f"must be one of {', '.join(self.choices)}, not {json_kind(value)}")

    def _number_fault(self, number: float) -> Fault | None:
        if not math.isfinite(number):
            return Fault(Reason.NOT_FINITE, "must be a finite number, not NaN or infinite")
        if abs(number) > FLOAT32_MAX:
            return Fault(Reason.OUT_OF_RANGE, f"must be within ±{FLOAT32_MAX:g}, not {number:g}")
        if self.kind is Kind.INTEGER and not float(number).is_integer():
            return Fault(Reason.WRONG_TYPE, f"must be a whole number, not {number:g}")
        if self.minimum is not None and number < self.minimum:
            return Fault(Reason.OUT_OF_RANGE, f"must be at least {self.measured(self.minimum)}, not {number:g}")
        if self.maximum is not None and number > self.maximum:
            return Fault(Reason.OUT_OF_RANGE, f"must be at most {self.measured(self.maximum)}, not {number:g}")
        return None

    def measured(self, number: float) -> str:
        """A number with the feature's unit, where it has one."""
        return f"{number:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class RowError:
    """One fault of one row: `row` counts from 0, `field` is the feature, None where the fault is not in one."""

    row: int | None
    field: str | None
    message: str
    reason: Reason | None = None


def row_errors(features: Sequence[Feature], row: object, index: int = 0) -> Iterator[RowError]:
    """Every fault of `row`, which should be a mapping of just the features' names to values that fit them.

    It yields them one by one, so that a caller can stop early on a hostile row of very many.
    """
    if not isinstance(row, Mapping):
        yield RowError(index, None, f"must be an object of named features, not {json_kind(row)}", Reason.NOT_AN_OBJECT)
        return
    for feature in features:
        if not feature.used and row.get(feature.name) is None:
            continue
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


def json_kind(value: object) -> str:
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
