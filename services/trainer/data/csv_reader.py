"""Reads a model's CSV; an error names the file, and every fault with its line and column."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from petalstream.row_validation import validate_row
from petalstream.tables import csv_dialect
from petalstream.tables.csv_dialect import Dialect, UnknownSeparator
from petalstream.tables.csv_lines import CsvError
from petalstream.tables.csv_table import CsvTable, read_table
from petalstream.tables.decimal_comma import with_dot
from services.trainer.data.completion import complete
from services.trainer.data.dataset import Dataset
from services.trainer.data.decoding import decode
from services.trainer.data.faults import DataError, Fault, require_none
from services.trainer.data.targets import check_targets, read_target
from services.trainer.data.units import Marks, identify, mark_faults, marks_of
from services.trainer.definition import Csv, Definition


def read(path: Path) -> bytes:
    """Return the content of the CSV, for its digest and for `parse`. Raises DataError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; it should be the CSV of the model") from error


def parse(content: bytes, path: Path, definition: Definition) -> tuple[Definition, Dataset]:
    """Return the definition with what it takes from the CSV `content`, and the samples; `path` is for messages.

    Raises DataError with the first MAX_LISTED faults.
    """
    try:
        table = _read_table(decode(content, definition.file), definition)
    except CsvError as error:
        raise DataError(f"{path}, line {error.line}: {error}") from error
    require_none(path, list(_column_faults(table, definition)))
    definition = complete(table, definition, path)
    faults = [Fault(line, None, message) for line, message in table.uneven]
    missing, left_out = _missing(definition), 0
    without_target = missing.difference(definition.target_values)
    rows, targets, lines, marks = [], [], [], []
    for line, cells in table.lines:
        named = dict(zip(table.columns, cells, strict=True))
        cell = named[definition.target_column]
        if definition.target.optional and cell.strip() in without_target:
            left_out += 1
            continue
        row = _row(named, definition, missing)
        faults += _row_faults(line, row, definition)
        try:
            targets.append(_read_target(cell, without_target, definition))
        except ValueError as error:
            faults.append(Fault(line, definition.target_column, str(error)))
            continue
        rows.append(row)
        lines.append(line)
        marks.append(marks_of(named, definition))
    faults += mark_faults(lines, marks, definition)
    require_none(path, sorted(faults, key=lambda fault: fault.line))
    require_none(path, list(_empty_columns(table.header_line, rows, definition)))
    check_targets([text for _, text in targets], path, definition)
    return definition, replace(_dataset(rows, targets, lines, marks, definition), left_out=left_out)


def _read_table(text: str, definition: Definition) -> CsvTable:
    csv, features = definition.file, {feature.name: feature for feature in definition.columns}
    others = [definition.target_column, *definition.ignored]
    if csv.delimiter:
        dialect = Dialect(csv.delimiter, csv.decimal, csv_dialect.has_separator_line(text))
    else:
        dialect = _detect(text, [*features, *others], csv)._replace(decimal=csv.decimal)
    return read_table(text, features, others, dialect)


def _detect(text: str, names: Sequence[str], csv: Csv) -> Dialect:
    try:
        return csv_dialect.detect(text, names)
    except UnknownSeparator as error:
        named = f"Csv({csv.path!r}, delimiter={error.separator!r})"
        raise CsvError(error.line, f"{error}; others are read if the definition names them: {named}") from error


def _column_faults(table: CsvTable, definition: Definition) -> Iterator[Fault]:
    """Yield each column that is missing, and each that the definition does not name."""
    wanted = [*(feature.name for feature in definition.columns), definition.target_column, *definition.split.columns]
    for name in wanted:
        if name not in table.columns:
            listed = ", ".join(table.columns)[:300]
            yield Fault(table.header_line, name, f"there is no such column; the columns are {listed}")
    for name in table.columns:
        if name not in wanted and name not in definition.ignored:
            yield Fault(table.header_line, name[:60], f"is no feature; leave it out with Ignored({name[:60]!r})")


def _missing(definition: Definition) -> set[str]:
    """Return the cells that stand for no value. Decimal commas are dots by now."""
    return {"", *(each for mark in definition.file.missing for each in (mark, with_dot(mark)))}


def _read_target(cell: str, missing: Container[str], definition: Definition) -> tuple[float, str]:
    if cell.strip() in missing:
        raise ValueError("is missing; optional=True of the target leaves such rows out")
    return read_target(cell, definition)


def _row(named: Mapping[str, str], definition: Definition, missing: Container[str]) -> dict[str, object]:
    """Return the values of one line's features; a cell that stands for no value is left out."""
    cells = ((feature, named[feature.name]) for feature in definition.columns)
    values = ((feature, feature.parse(cell)) for feature, cell in cells if cell.strip() not in missing)
    return {feature.name: value for feature, value in values if not feature.is_missing(value)}


def _row_faults(line: int, row: Mapping[str, object], definition: Definition) -> Iterator[Fault]:
    for error in validate_row(definition.columns, row):
        optional = "; optional=True allows it" if error.message == "is missing" else ""
        yield Fault(line, error.field, f"{error.message}{optional}")


def _empty_columns(line: int, rows: Sequence[Mapping[str, object]], definition: Definition) -> Iterator[Fault]:
    """Yield each feature of which no row has a value, so that nothing can be learned from it."""
    for feature in definition.inputs if rows else ():
        if all(feature.is_missing(row.get(feature.name)) for row in rows):
            yield Fault(line, feature.name, f"has no value in any line; leave it out with Ignored({feature.name!r})")


def _dataset(
    rows: Sequence[Mapping[str, object]],
    targets: Sequence[tuple[float, str]],
    lines: Sequence[int],
    marks: Sequence[Marks],
    definition: Definition,
) -> Dataset:
    values = np.empty((len(rows), len(definition.columns)), dtype=object)
    for position, feature in enumerate(definition.columns):
        values[:, position] = [row.get(feature.name) for row in rows]
    inputs, texts = encode_inputs(rows, definition.inputs), [text for _, text in targets]
    return Dataset(
        values,
        inputs,
        to_frame(definition.inputs, inputs),
        np.array([target for target, _ in targets]),
        np.array(texts),
        np.array(lines),
        *identify(values, texts, marks, definition),
    )
