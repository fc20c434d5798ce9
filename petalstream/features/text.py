"""Free text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from petalstream.error_text import describe_json
from petalstream.features.feature import Feature, Kind
from petalstream.reasons import Fault, Reason


@dataclass(frozen=True)
class Text(Feature):
    """Free text, for an estimator that takes words. A missing one is the empty text."""

    kind: ClassVar[Kind] = Kind.TEXT
    _types: ClassVar[frozenset[type]] = frozenset({str})

    def find_fault(self, value: Any) -> Fault | None:
        """Return why a value is no text."""
        return (
            None if isinstance(value, str) else Fault(Reason.WRONG_TYPE, f"must be a text, not {describe_json(value)}")
        )

    def parse(self, text: str) -> object:
        """Return the text as it is."""
        return text

    def encode(self, value: Any) -> float:
        """Return NaN: a text is no number, and reaches the estimator beside the matrix."""
        return math.nan

    def encode_column(self, values: Sequence[Any]) -> Sequence[float | None]:
        """Raise ValueError: texts are not encoded."""
        raise ValueError(f"{self.name} is a text")
