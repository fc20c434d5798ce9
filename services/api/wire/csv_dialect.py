"""Finds out how a CSV separates its cells and writes its decimals."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from petalstream.csv_lines import CsvError
from petalstream.decimal_comma import ADVICE, has_decimal_comma, may_be_thousands

# In the order of preference.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_EXPECTED = "expected are commas, semicolons or tabs"
# Named in an error if features are found between them.
_UNSUPPORTED_SEPARATORS = "|:~^ "
# What spreadsheets write as the first line, or take as one.
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_WITH_DOT = re.compile(r"[+-]?\d*\.\d+")


class Dialect(NamedTuple):
    """The separator of a CSV, and how many lines come before its header."""

    separator: str
    lines_before: int = 0


def detect(text: str, names: Collection[str]) -> Dialect:
    """Return the dialect of a CSV whose header has some of these names: that with most of them, a comma in doubt.

    Raises CsvError if the header or a line `sep=` has another separator.
    """
    if match := _SEP_LINE.match(text):
        _require(match[1], match[1] in SEPARATORS, 1)
        return Dialect(match[1], 1)
    line, header = next(((n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()), (1, ""))
    found = {separator: _count_names(header, separator, names) for separator in SEPARATORS}
    best = max(found, key=lambda separator: found[separator])
    if not found[best]:
        for separator in _UNSUPPORTED_SEPARATORS:
            _require(separator, not _count_names(header, separator, names), line)
    return Dialect(best)


def describe_line(cells: Sequence[str], header: Sequence[str], separator: str) -> str:
    """Return what is wrong with a line that has not as many cells as the header."""
    cell = "cell" if len(cells) == 1 else "cells"
    problem = f"has {len(cells)} {cell} between {SEPARATORS[separator]}, and the header has {len(header)}"
    others = [SEPARATORS[other] for other in SEPARATORS if other != separator and any(other in cell for cell in cells)]
    if len(cells) < len(header) and others:
        return f"{problem}; the line has {' and '.join(others)} instead"
    if separator == "," and len(cells) > len(header) and all(cell.strip().lstrip("+-").isdecimal() for cell in cells):
        return f"{problem}; write decimals with a dot, or put semicolons or tabs between the cells"
    return problem


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
        raise CsvError(line, f"{separator!r} separates its cells, and {_EXPECTED}")
