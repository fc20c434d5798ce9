"""A model's features, the rules for their values, and the text form of values. It needs the standard library alone.

The rules are the properties `types`, `is_whole`, `bounds` and `codes` of a Feature. `find_fault` applies them to one
value, services/api/scoring/matrix.py to whole columns.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from petalstream.error_text import describe_json, in_full
from petalstream.reasons import Reason

# scikit-learn's trees compute in 32-bit floats and raise on a larger number; a scaled linear model would overflow.
FLOAT32_MAX = 3.4e38
# Up to here every whole number is a float of its own.
_MOST_EXACT = 2**53
_DIGITS = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Fault:
    """Why something cannot be scored: a reason for the metrics and a message for people."""

    reason: Reason
    message: str


class Kind(StrEnum):
    """The kind of a feature's values: in JSON a number, a whole number, true or false, or one of several strings."""

    NUMBER = "number"
    INTEGER = "integer"
    YES_NO = "yes/no"
    CATEGORY = "category"


# The Python types of the JSON values of each kind. A bool is no number here, though Python makes it an int.
_TYPES: Mapping[Kind, frozenset[type]] = {
    Kind.NUMBER: frozenset({int, float}),
    Kind.INTEGER: frozenset({int, float}),
    Kind.YES_NO: frozenset({bool, int, float}),
    Kind.CATEGORY: frozenset({str}),
}
_NO, _YES = 0, 1
_YES_NO = {**dict.fromkeys(("yes", "true", "1", "1.0"), True), **dict.fromkeys(("no", "false", "0", "0.0"), False)}


@dataclass(frozen=True)
class Feature:
    """One value of a sample: a number in `unit`, yes or no, or one of `choices`.

    `minimum` and `maximum` bound a number, both inclusive; None means no bound. A feature that is not `used` may be
    sent, missing or null; it is validated and reported, and is no input of the model.
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
        """Raise ValueError if no value can be valid, or none that a form can send."""
        if (self.kind is Kind.CATEGORY) != (len(self.choices) >= 2):
            rule = "only a category has choices, and two or more"
            raise ValueError(f"{self.name} is a {self.kind} with {len(self.choices)} choices: {rule}")
        if len(self.choices) != len({choice.strip() for choice in self.choices} - {""}):
            raise ValueError(f"the choices of {self.name} must differ from each other and from nothing")
        if not self.name or not self.label:
            raise ValueError(f"a feature needs a name and a label, and has {self.name!r} and {self.label!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                f"{self.name} has a minimum of {in_full(self.minimum)} above its maximum of {in_full(self.maximum)}"
            )

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return the feature that a manifest describes with all its fields."""
        return cls(**{**fields, "kind": Kind(fields["kind"]), "choices": tuple(fields["choices"])})

    def parse(self, text: str) -> object:
        """Return the value of a CSV cell or a form field, or the text itself if it has no such value."""
        text = text.strip()
        if self.kind is Kind.CATEGORY:
            return next((choice for choice in self.choices if choice.strip() == text), text)
        if self.kind is Kind.YES_NO:
            return _YES_NO.get(text.lower(), text)
        try:
            number = float(text)
        except ValueError:
            return text
        if "_" in text:  # 1_000 is a number to Python alone
            return text
        if self.kind is not Kind.INTEGER or not number.is_integer():
            return number
        # As in JSON, digits alone are exact; the float could be rounded to within the bounds.
        return int(Decimal(text)) if _DIGITS.fullmatch(text) else int(number) if abs(number) < _MOST_EXACT else number

    def to_text(self, value: object) -> str:
        """Return a valid value as text that `parse` and people can read."""
        if self.kind is Kind.YES_NO:
            return "yes" if value else "no"
        return str(value)

    @property
    def options(self) -> tuple[str, ...]:
        """Return the texts to choose from, in the order of their encoded values; nothing for a number."""
        return ("no", "yes") if self.kind is Kind.YES_NO else self.choices

    @cached_property
    def types(self) -> frozenset[type]:
        """Return the Python types of the JSON values that the feature accepts."""
        return _TYPES[self.kind]

    @property
    def is_number(self) -> bool:
        """Return whether the values are numbers, whole or not."""
        return self.kind in (Kind.NUMBER, Kind.INTEGER)

    @cached_property
    def is_whole(self) -> bool:
        """Return whether a number must be whole, as 3 and 3.0 are."""
        return self.kind in (Kind.INTEGER, Kind.YES_NO)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest number that the feature accepts, both within ±FLOAT32_MAX."""
        if self.kind is Kind.YES_NO:
            return _NO, _YES
        least = -FLOAT32_MAX if self.minimum is None else max(self.minimum, -FLOAT32_MAX)
        return least, FLOAT32_MAX if self.maximum is None else min(self.maximum, FLOAT32_MAX)

    @cached_property
    def codes(self) -> Mapping[str, float]:
        """Return the model's input for each choice of a category, which is its position among the choices."""
        return {choice: float(position) for position, choice in enumerate(self.choices)}

    def encode(self, value: Any) -> float:
        """Return a valid value as the model's input: 1 for yes, 0 for no, the code of a choice, or the number."""
        return self.codes[value] if self.kind is Kind.CATEGORY else float(value)

    def find_fault(self, value: Any) -> Fault | None:
        """Return why `value` is invalid, or None if it is valid."""
        if self.kind is Kind.CATEGORY:
            return self._choice_fault(value)
        if self.kind is Kind.YES_NO:
            return self._yes_no_fault(value)
        if type(value) not in self.types:
            expected = "a whole number" if self.is_whole else "a number"
            return Fault(Reason.WRONG_TYPE, f"must be {expected}, not {describe_json(value)}")
        try:
            return self._number_fault(value)
        except OverflowError:
            return Fault(Reason.NOT_FINITE, "is a whole number too large for a float")

    def _yes_no_fault(self, value: Any) -> Fault | None:
        # Yes and no are the only whole numbers within the bounds.
        if type(value) in self.types and value in self.bounds:
            return None
        expected = "yes or no (in JSON true or false, or 1 or 0)"
        return Fault(Reason.WRONG_TYPE, f"must be {expected}, not {describe_json(value)}")

    def _choice_fault(self, value: Any) -> Fault | None:
        is_text = type(value) in self.types
        if is_text and value in self.codes:
            return None
        reason = Reason.OUT_OF_RANGE if is_text else Reason.WRONG_TYPE
        return Fault(reason, f"must be one of {', '.join(self.choices)}, not {describe_json(value)}")

    def _number_fault(self, number: float) -> Fault | None:
        least, most = self.bounds
        if not math.isfinite(number):
            return Fault(Reason.NOT_FINITE, "must be a finite number, not NaN or infinite")
        if abs(number) > FLOAT32_MAX:
            return Fault(Reason.OUT_OF_RANGE, f"must be within ±{FLOAT32_MAX:g}, not {in_full(number)}")
        if self.is_whole and not float(number).is_integer():
            return Fault(Reason.WRONG_TYPE, f"must be a whole number, not {in_full(number)}")
        if number < least:
            return Fault(Reason.OUT_OF_RANGE, f"must be at least {self.with_unit(least)}, not {in_full(number)}")
        if number > most:
            return Fault(Reason.OUT_OF_RANGE, f"must be at most {self.with_unit(most)}, not {in_full(number)}")
        return None

    def with_unit(self, number: float) -> str:
        """Return a number with the feature's unit, if it has one."""
        return f"{in_full(number)} {self.unit}".rstrip()
