"""Numbers with a comma, which is a decimal separator to some and separates thousands to others."""

import re

_DECIMAL = re.compile(r"[+-]?\d*,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
ADVICE = "write 1.5 with a dot, and 1500 without a comma"


def has_decimal_comma(text: str) -> bool:
    """Return whether a text is a number if its comma is read as a decimal separator."""
    return _DECIMAL.fullmatch(text.strip()) is not None


def may_be_thousands(text: str) -> bool:
    """Return whether a number with a comma may be a whole one: 1,500 is fifteen hundred to some."""
    return _THOUSANDS.fullmatch(text.strip()) is not None


def with_dot(text: str) -> str:
    """Return a number with a dot for its decimal comma, and any other text as it is."""
    return text.replace(",", ".") if has_decimal_comma(text) else text
