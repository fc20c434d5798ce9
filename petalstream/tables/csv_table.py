"""Reads a CSV with a header: finds its dialect, and gives each line's cells by column."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from petalstream.features import Feature
from petalstream.tables import csv_dialect
from petalstream.tables.csv_dialect import Dialect
from petalstream.tables.csv_lines import CsvError, numbered_lines
from petalstream.tables.decimal_comma import with_dot

# The number of a line, and its cells.
Line = tuple[int, list[str]]


@dataclass(frozen=True)
class CsvTable:
    """The columns of a CSV by name, its lines with as many cells, and the lines that have more or fewer.

    `header_line` is the line of the header. Each of `uneven` has the number of the line and what is wrong with it.
    """

    header_line: int
    columns: Sequence[str]
    lines: Sequence[Line]
    uneven: Sequence[tuple[int, str]]


def read_table(
    text: str, features: Mapping[str, Feature], others: Collection[str] = (), dialect: Dialect | None = None
) -> CsvTable:
    """Return the table of a CSV; `others` are names of columns beside the features. Blank lines are left out.

    An index that pandas has written, without a name and of whole numbers, is left out too, and so are columns at the
    end without names and values. Decimal commas of numbers become dots. Raises CsvError for text that is no CSV, a bad
    header and ambiguous numbers.
    """
    dialect = dialect or csv_dialect.detect(text, [*features, *others])
    lines = [each for each in numbered_lines(text, dialect.separator) if not _is_blank(each[1])][dialect.lines_before :]
    if not lines:
        raise CsvError(1, "it is empty; a header that names the columns is needed, and at least one row")
    (header_line, header), *body = lines
    header, body = _without_empty_columns(header, body)
    even = [each for each in body if len(each[1]) == len(header)]
    uneven = [
        (line, csv_dialect.describe_line(cells, header, dialect.separator))
        for line, cells in body
        if len(cells) != len(header)
    ]
    if _has_index(header, even):
        header, even = header[1:], [(line, cells[1:]) for line, cells in even]
    columns = _read_names(header_line, header, [*features, *others])
    is_number = [name in features and features[name].is_number for name in columns]
    return CsvTable(header_line, columns, _with_decimal_dots(even, is_number, dialect), uneven)


def _is_blank(cells: Sequence[str]) -> bool:
    # One empty cell is a line of "", as pandas writes a missing value of a single column.
    return not cells or (len(cells) == 1 and cells[0].isspace())


def _has_index(header: Sequence[str], body: Sequence[Line]) -> bool:
    """Return whether the first column is the index that pandas writes: without a name, and of whole numbers."""
    return len(header) > 1 and not header[0].strip() and all(cells[0].strip().isdecimal() for _, cells in body)


def _without_empty_columns(header: list[str], body: list[Line]) -> tuple[list[str], list[Line]]:
    """Return the table without columns at its end that have neither a name nor a value, as spreadsheets write them."""
    width = len(header)
    while width > 1 and not header[width - 1].strip():
        width -= 1
    if width == len(header) or any(cell.strip() for _, cells in body for cell in cells[width:]):
        return header, body
    return header[:width], [(line, cells[:width]) for line, cells in body]


def _read_names(line: int, header: Sequence[str], known: Collection[str]) -> list[str]:
    names = [name.strip() for name in header]
    if "" in names and not set(known) & set(names):
        raise CsvError(line, f"it has none of the columns {', '.join(known)[:300]}; the first line must be their names")
    for name, times in Counter(names).items():
        if not name:
            index = "; to_csv(index=False) of pandas leaves out its index" if not names[0] else ""
            raise CsvError(line, f"a name in the header is empty{index}")
        if times > 1:
            raise CsvError(line, f"the header has {name[:40]!r} {times} times")
    return names


def _with_decimal_dots(body: Sequence[Line], is_number: Sequence[bool], dialect: Dialect) -> Sequence[Line]:
    """Return the lines with dots for decimal commas in the columns of numbers. Raises CsvError for an ambiguous one."""
    if dialect.decimal == "." or (dialect.decimal is None and dialect.separator == ","):
        return body
    numbers = ((line, cell) for line, cells in body for cell, counts in zip(cells, is_number, strict=True) if counts)
    if dialect.decimal is None and not csv_dialect.has_decimal_commas(numbers):
        return body
    for line, cells in body if dialect.decimal == "," else []:
        for cell, counts in zip(cells, is_number, strict=True):
            if counts and csv_dialect.has_dot(cell):
                raise CsvError(line, f"{cell.strip()} has a dot, and the file has decimal commas")
    return [
        (line, [with_dot(cell) if counts else cell for cell, counts in zip(cells, is_number, strict=True)])
        for line, cells in body
    ]
