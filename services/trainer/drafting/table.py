"""Reads a CSV of which nothing is known but the name of one column."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from petalstream.tables import csv_dialect
from petalstream.tables.csv_dialect import UnknownSeparator
from petalstream.tables.csv_lines import CsvError, numbered_lines
from services.trainer.data.decoding import decode
from services.trainer.data.faults import DataError
from services.trainer.definition import Csv

FALLBACK = "cp1252"


@dataclass(frozen=True)
class Table:
    """The columns of a CSV by name, and how the file is written: what a Csv must say beside its path."""

    columns: dict[str, Sequence[str]]
    dialect: dict[str, str]

    def share_of_copies(self, names: Sequence[str]) -> float:
        """Return the share of the rows, 0 to 1, that have the same cells in these columns as an earlier row."""
        rows = list(zip(*(self.columns[name] for name in names), strict=True))
        return 1 - len(set(rows)) / len(rows)


def read(path: Path, target: str) -> Table:
    """Return the table of the CSV, which has a column `target`. Raises DataError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    dialect: dict[str, str] = {}
    try:
        text = decode(content, Csv(path.name))
    except CsvError as error:
        if "Latin-1" not in str(error):
            raise DataError(f"{path}, line {error.line}: {error}") from error
        text, dialect = decode(content, Csv(path.name, encoding=FALLBACK)), {"encoding": FALLBACK}
    try:
        found = csv_dialect.detect(text, [target])
        separator, before = found.separator, found.lines_before
    except UnknownSeparator as error:
        separator, before, dialect = error.separator, 0, {**dialect, "delimiter": error.separator}
    try:
        lines = [cells for _, cells in numbered_lines(text, separator) if any(map(str.strip, cells))][before:]
    except CsvError as error:
        raise DataError(f"{path}, line {error.line}: {error}") from error
    names = [name.strip() for name in lines[0]] if lines else []
    if target not in names:
        raise DataError(f"{path} has no column {target!r}; it has {', '.join(names)[:300]}")
    rows = [cells for cells in lines[1:] if len(cells) == len(names)]
    if not rows:
        raise DataError(f"{path} has no line with as many cells as its header")
    return Table({name: [cells[at] for cells in rows] for at, name in enumerate(names) if name}, dialect)
