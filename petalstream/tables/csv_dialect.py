"""Finds out how a CSV separates its cells and writes its decimals."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from petalstream.tables.csv_lines import CsvError
from petalstream.tables.decimal_comma import ADVICE, has_decimal_comma, may_be_thousands

# In the order of preference.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
DETECTED = (",", ";", "\t")
_EXPECTED = "expected are commas, semicolons or tabs"
# Named in an error if features are found between them.
_UNSUPPORTED_SEPARATORS = "|:~^ "
# What spreadsheets write as the first line, or take as one.
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_WITH_DOT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)


class UnknownSeparator(CsvError):
    """A CSV whose cells have another `separator` than those that are detected."""

    def __init__(self, line: int, separator: str) -> None:
        super().__init__(line, f"{separator!r} separates its cells, and {_EXPECTED}")
        self.separator = separator


class Dialect(NamedTuple):
    """The separator, the decimal sign, None if the numbers show it, and how many lines are before the header."""

    separator: str
    decimal: str | None = None
    lines_before: int = 0


def detect(text: str, names: Collection[str]) -> Dialect:
    """Return the dialect of a CSV whose header has some of these names: that with most of them, a comma in doubt.

    Raises UnknownSeparator if the header or a line `sep=` has another one.
    """
    if match := _SEP_LINE.match(text):
        _require(match[1], match[1] in DETECTED, 1)
        return Dialect(match[1], lines_before=1)
    line, header = first_line(text)
    found = {separator: _count_names(header, separator, names) for separator in DETECTED}
    best = max(found, key=lambda separator: found[separator])
    if not found[best]:
        for separator in _UNSUPPORTED_SEPARATORS:
            _require(separator, not _count_names(header, separator, names), line)
    return Dialect(best)


def has_separator_line(text: str) -> bool:
    """Return whether the first line is `sep=` with a separator, as spreadsheets write it."""
    return _SEP_LINE.match(text) is not None


def first_line(text: str) -> tuple[int, str]:
    """Return the first line that is not blank, with its number."""
    numbered = enumerate(_LINE_END.split(text), 1)
    return next(((number, line) for number, line in numbered if line.strip()), (1, ""))


def describe_line(cells: Sequence[str], header: Sequence[str], separator: str) -> str:
    """Return what is wrong with a line that has not as many cells as the header."""
    cell = "cell" if len(cells) == 1 else "cells"
    between = SEPARATORS.get(separator, repr(separator))
    problem = f"{len(cells)} {cell} between {between}, and the header has {len(header)}"
    others = [SEPARATORS[other] for other in DETECTED if other != separator and any(other in cell for cell in cells)]
    if len(cells) < len(header) and others:
        return f"{problem}; the line has {' and '.join(others)} instead"
    if separator == "," and len(cells) > len(header) and all(cell.strip().lstrip("+-").isdecimal() for cell in cells):
        return f"{problem}; write decimals with a dot, or put semicolons or tabs between the cells"
    return problem


def has_dot(cell: str) -> bool:
    """Return whether a cell is a number with a dot, which among decimal commas may separate thousands."""
    return _WITH_DOT.fullmatch(cell.strip()) is not None


def has_decimal_commas(numbers: Iterable[tuple[int, str]]) -> bool:
    """Return whether commas are the decimal separators of these cells, each with its line: no cell has a dot.

    Raises CsvError if each comma may separate thousands.
    """
    cells = list(numbers)
    with_comma = [(line, cell) for line, cell in cells if has_decimal_comma(cell)]
    if not with_comma or any(_WITH_DOT.fullmatch(cell.strip()) for _, cell in cells):
        return False
    if all(may_be_thousands(cell) for _, cell in with_comma):
        line, cell = with_comma[0]
        raise CsvError(line, f"{cell.strip()} has a comma that may separate thousands; {ADVICE}")
    return True


def _count_names(header: str, separator: str, names: Collection[str]) -> int:
    return sum(cell.strip().strip('"') in names for cell in header.split(separator))


def _require(separator: str, is_supported: bool, line: int) -> None:
    if not is_supported:
        raise UnknownSeparator(line, separator)
