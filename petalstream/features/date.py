"""Dates."""

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from petalstream.error_text import describe_json
from petalstream.features.feature import Feature, Kind, require_types
from petalstream.reasons import Fault, Reason

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Date(Feature):
    """A date as ISO 8601 writes it, 2026-11-29. The estimator gets the number of days since 1970-01-01."""

    kind: ClassVar[Kind] = Kind.DATE
    is_whole: ClassVar[bool] = True
    _types: ClassVar[frozenset[type]] = frozenset({str})

    def find_fault(self, value: Any) -> Fault | None:
        """Return why a value is no date."""
        try:
            _days(value)
        except (TypeError, ValueError):
            reason = Reason.OUT_OF_RANGE if isinstance(value, str) and _ISO.fullmatch(value) else Reason.WRONG_TYPE
            return Fault(reason, f"must be a date such as 2026-11-29, not {describe_json(value)}")
        return None

    def parse(self, text: str) -> object:
        """Return the text without blanks around it."""
        return text.strip()

    def encode(self, value: Any) -> float:
        """Return the number of days since 1970-01-01."""
        return math.nan if self.is_missing(value) else _days(value)

    def encode_column(self, values: Sequence[Any]) -> Sequence[float | None]:
        """Return the number of days of many dates."""
        require_types(self, values)
        return [self.encode(value) for value in values]

    def decode(self, days: float) -> str:
        """Return the date that is so many days after 1970-01-01."""
        return datetime.date.fromordinal(_EPOCH + round(days)).isoformat()


def _days(value: str) -> float:
    """Return the days since 1970-01-01 of an ISO date. Raises ValueError or TypeError."""
    if not _ISO.fullmatch(value):
        raise ValueError(f"{value} is no date")
    return float(datetime.date.fromisoformat(value).toordinal() - _EPOCH)
