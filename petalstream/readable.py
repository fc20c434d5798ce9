"""Numbers as people read and write them."""

import math

from petalstream.error_text import in_full


def readable(number: float, unit: str = "", digits: int = 4) -> str:
    """Return a number in so many significant digits with its unit, such as 412,300 EUR."""
    rounded = float(f"{number:.{digits}g}")
    text = f"{int(rounded):,}" if rounded.is_integer() and abs(rounded) < 1e16 else in_full(rounded)
    return f"{text} {unit}".rstrip()


def readable_interval(lower: float, upper: float, unit: str = "") -> str:
    """Return an interval, such as 380,000 to 445,000 EUR."""
    return f"{readable(lower)} to {readable(upper, unit)}"


def finite_number(text: str | None) -> float | None:
    """Return the number that a text is, None if it is none or not finite."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
