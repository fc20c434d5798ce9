"""Yes or no."""

from dataclasses import dataclass
from typing import Any, ClassVar

from petalstream.error_text import describe_json
from petalstream.features.feature import Feature, Kind
from petalstream.reasons import Fault, Reason

_NO, _YES = 0, 1
_VALUES = {**dict.fromkeys(("yes", "true", "1", "1.0"), True), **dict.fromkeys(("no", "false", "0", "0.0"), False)}


@dataclass(frozen=True)
class YesNo(Feature):
    """Yes or no, in JSON true or false, or 1 or 0."""

    kind: ClassVar[Kind] = Kind.YES_NO
    is_whole: ClassVar[bool] = True
    _types: ClassVar[frozenset[type]] = frozenset({bool, int, float})

    @property
    def options(self) -> tuple[str, ...]:
        """Return no and yes."""
        return ("no", "yes")

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the codes of no and yes."""
        return _NO, _YES

    def find_fault(self, value: Any) -> Fault | None:
        """Return why a value is neither yes nor no."""
        # Yes and no are the only whole numbers within the bounds.
        if type(value) in self._types and value in (_NO, _YES):
            return None
        expected = "yes or no (in JSON true or false, or 1 or 0)"
        return Fault(Reason.WRONG_TYPE, f"must be {expected}, not {describe_json(value)}")

    def parse(self, text: str) -> object:
        """Return true for yes, true or 1, and false for no, false or 0."""
        return _VALUES.get(text.strip().lower(), text.strip())

    def to_text(self, value: object) -> str:
        """Return yes or no."""
        return "" if self.is_missing(value) else "yes" if value else "no"
