"""Guesses what the columns of a CSV are."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from petalstream.features import Date
from petalstream.readable import readable_interval
from petalstream.tables.decimal_comma import with_dot

MARKS = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "-")
MOST_CHOICES = 20
# Of a column whose values are texts of several words.
WORDS = 4
UNITS = ("cm", "mm", "km", "kg", "mg", "ml", "mmHg", "g", "m", "l", "s", "ms", "h", "USD", "EUR", "%")
# Dates that Date does not take.
_OTHER_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_UNIT = re.compile(rf"[ _(\[]({'|'.join(map(re.escape, UNITS))})[)\]]?$")


@dataclass(frozen=True)
class Guess:
    """A column as Python code, such as Number("area", unit="m²"), and what was guessed, "" if nothing was."""

    kind: str
    name: str
    code: str
    comment: str = ""


def guess_column(name: str, cells: Sequence[str]) -> Guess:
    """Return what a column with these cells is. A cell that is blank or one of MARKS has no value."""
    values = given(cells)
    optional = ", optional=True" if len(values) < len(cells) else ""
    distinct = set(values)
    if len(distinct) < 2:
        return _ignored(name, "the same value in each line" if values else "no value in any line")
    for guess in (_yes_or_no, _date, _number):
        if found := guess(name, values, optional):
            return found
    return _texts(name, values, optional)


def given(cells: Sequence[str]) -> list[str]:
    """Return the cells that have a value, without blanks around it."""
    return [cell for cell in map(str.strip, cells) if cell and cell not in MARKS]


def is_number(text: str) -> bool:
    """Return whether a cell is a number, with a dot or with a decimal comma."""
    try:
        float(with_dot(text))
    except ValueError:
        return False
    return "_" not in text


def unit_of(name: str) -> str:
    """Return the unit that the name of a column ends with, such as mm, "" if there is none."""
    return match[1] if (match := _UNIT.search(name)) else ""


def quoted(text: str) -> str:
    """Return a text as Python code."""
    return json.dumps(text, ensure_ascii=False)


def as_tuple(texts: Iterable[str]) -> str:
    """Return texts in their order as the Python code of a tuple."""
    return f"({', '.join(map(quoted, sorted(texts)))})"


def _ignored(name: str, why: str) -> Guess:
    return Guess("Ignored", name, f"Ignored({quoted(name)})", why)


def _yes_or_no(name: str, values: Sequence[str], optional: str) -> Guess | None:
    distinct = {value.lower() for value in values}
    if not any(distinct == pair for pair in ({"yes", "no"}, {"true", "false"}, {"0", "1"})):
        return None
    return Guess("YesNo", name, f"YesNo({quoted(name)}{optional})", "1 is yes" if "1" in distinct else "")


def _date(name: str, values: Sequence[str], optional: str) -> Guess | None:
    date = Date(name)
    return None if any(map(date.find_fault, values)) else Guess("Date", name, f"Date({quoted(name)}{optional})")


def _number(name: str, values: Sequence[str], optional: str) -> Guess | None:
    if not all(map(is_number, values)):
        return None
    numbers = [float(with_dot(value)) for value in values]
    is_whole = all(number.is_integer() for number in numbers)
    if is_whole and len(numbers) > MOST_CHOICES and _counts_rows(numbers):
        return _ignored(name, "it looks like the number of the row")
    kind, least = ("Integer" if is_whole else "Number"), ", minimum=0" if min(numbers) >= 0 else ""
    unit = unit_of(name)
    said = readable_interval(min(numbers), max(numbers)) + ("" if unit else "; fill in the unit")
    if is_whole and len(set(numbers)) <= MOST_CHOICES and not optional:
        said += ", or make it a Category if these are codes"
    return Guess(kind, name, f"{kind}({quoted(name)}, unit={quoted(unit)}{least}{optional})", said)


def _counts_rows(numbers: Sequence[float]) -> bool:
    return [number - numbers[0] for number in numbers] == list(range(len(numbers)))


def _texts(name: str, values: Sequence[str], optional: str) -> Guess:
    counts = Counter(values)
    if len(counts) <= MOST_CHOICES and len(counts) <= len(values) / 2:
        return Guess("Category", name, f"Category({quoted(name)}, choices={as_tuple(counts)}{optional})")
    if sum(len(value.split()) for value in values) / len(values) >= WORDS:
        return Guess("Text", name, f"Text({quoted(name)}{optional})", "a text of several words")
    if len(counts) > MOST_CHOICES and all(map(_OTHER_DATE.match, counts)):
        return _ignored(name, "it looks like dates, and a Date is written as 2026-11-30")
    if len(counts) > len(values) / 2:
        return _ignored(name, f"{len(counts):,} different values in {len(values):,} lines")
    commonest = counts.most_common(MOST_CHOICES)
    if sum(count for _, count in commonest) < len(values) / 2:
        return _ignored(name, f"{len(counts):,} different values, none of them common")
    common = as_tuple(value for value, _ in commonest)
    said = f"the {MOST_CHOICES} commonest of {len(counts)} values; others are one more choice"
    return Guess("Category", name, f"Category({quoted(name)}, choices={common}, other=True{optional})", said)
