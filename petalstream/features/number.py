"""Numbers and whole numbers."""

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from petalstream.error_text import describe_json, in_full
from petalstream.features.feature import FLOAT32_MAX, Feature, Kind
from petalstream.reasons import Fault, Reason

# Up to here every whole number is a float of its own.
_MOST_EXACT = 2**53
_DIGITS = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Number(Feature):
    """A number in `unit`. `minimum` and `maximum` are inclusive; None means no bound."""

    kind: ClassVar[Kind] = Kind.NUMBER
    is_number: ClassVar[bool] = True
    _types: ClassVar[frozenset[type]] = frozenset({int, float})

    minimum: float | None = field(default=None, kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Raise ValueError if no number is valid."""
        super().__post_init__()
        for bound in (self.minimum, self.maximum):
            if bound is not None and (type(bound) not in self._types or not math.isfinite(bound)):
                raise ValueError(f"a bound of {self.name} must be a number, not {bound!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                f"{self.name} has a minimum of {in_full(self.minimum)} above its maximum of {in_full(self.maximum)}"
            )

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest number, both within ±FLOAT32_MAX."""
        least = -FLOAT32_MAX if self.minimum is None else max(self.minimum, -FLOAT32_MAX)
        return least, FLOAT32_MAX if self.maximum is None else min(self.maximum, FLOAT32_MAX)

    def find_fault(self, value: Any) -> Fault | None:
        """Return why a value is no number, or not within the bounds."""
        if type(value) not in self._types:
            expected = "a whole number" if self.is_whole else "a number"
            return Fault(Reason.WRONG_TYPE, f"must be {expected}, not {describe_json(value)}")
        try:
            return self._number_fault(value)
        except OverflowError:
            return Fault(Reason.NOT_FINITE, "is a whole number too large for a float")

    def parse(self, text: str) -> object:
        """Return the number of a text."""
        text = text.strip()
        if "_" in text:  # 1_000 is a number to Python alone
            return text
        try:
            number = float(text)
        except ValueError:
            return text
        if not self.is_whole or not number.is_integer():
            return number
        # As in JSON, digits alone are exact; the float could be rounded to within the bounds.
        return int(Decimal(text)) if _DIGITS.fullmatch(text) else int(number) if abs(number) < _MOST_EXACT else number

    def with_unit(self, number: float) -> str:
        """Return a number with the unit, if there is one."""
        return f"{in_full(number)} {self.unit}".rstrip()

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


@dataclass(frozen=True)
class Integer(Number):
    """A whole number in `unit`."""

    kind: ClassVar[Kind] = Kind.INTEGER
    is_whole: ClassVar[bool] = True
