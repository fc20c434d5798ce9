"""Takes from a CSV what a definition leaves open: the choices of categories, and the labels."""

import re
from pathlib import Path

from petalstream.tables.csv_table import CsvTable
from services.trainer.data.faults import DataError, Fault, require_none
from services.trainer.definition import Classes, Definition

# pandas writes whole numbers so in a column with missing values.
_WHOLE = re.compile(r"^(-?(?:0|[1-9][0-9]*))\.0$")


def complete(table: CsvTable, definition: Definition, path: Path) -> Definition:
    """Return the definition with the choices and labels of the CSV where it has none. Raises DataError."""
    found = {name: _values(table, definition, name) for name in definition.lacking}
    require_none(
        path, [Fault(table.header_line, name, "has no value in any line") for name in found if not found[name]]
    )
    labels = _labels(table, definition, path)
    try:
        return definition.completed(found, labels)
    except ValueError as error:  # of the definition, or of a feature
        raise DataError(f"{path}: {error}") from error


def _labels(table: CsvTable, definition: Definition, path: Path) -> list[str]:
    """Return the labels of the CSV if the definition has none and needs some. Raises DataError for fewer than two."""
    target = definition.target
    if not isinstance(target, Classes) or target.words:
        return []
    labels = _values(table, definition, target.column)
    if len(labels) < 2:
        has = f"one label, {labels[0]!r}" if labels else "no label"
        raise DataError(f"{path}: {target.column} has {has}, and a classifier needs two or more")
    return labels


def _values(table: CsvTable, definition: Definition, name: str) -> list[str]:
    """Return the values of a column in their order: by size if all are numbers, else by the alphabet."""
    column, missing = table.columns.index(name), {*definition.file.missing, ""}
    given = {cells[column].strip() for _, cells in table.lines} - missing
    found = {_WHOLE.sub(r"\1", cell) for cell in given}
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)
