"""Reads a model's CSV; an error names the file and the line."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from petalstream.csv_lines import CsvError, numbered_lines
from petalstream.schema import Feature
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

# The 3:1:1 split of ten samples has parts of 6, 2 and 2, and each of the five folds of the training part needs one.
MIN_SAMPLES_PER_CLASS = 10


class DataError(ValueError):
    """A CSV that the model's definition does not fit."""


def read(path: Path) -> bytes:
    """Return the content of the CSV, for its digest and for `parse`. Raises DataError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; it should be the CSV of the model") from error


def parse(content: bytes, path: Path, definition: Definition) -> Dataset:
    """Return the CSV `content` as samples with labels; `path` is for messages. Raises DataError."""
    rows, labels, lines = [], [], []
    try:
        numbered = numbered_lines(content.decode("utf-8-sig"))
        _check_header(next(numbered, (1, []))[1], path, definition)
        for line, cells in numbered:
            rows.append(_row(cells, definition, f"{path}, line {line}"))
            labels.append(definition.words[cells[-1]])
            lines.append(line)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: not text in UTF-8") from error
    except CsvError as error:
        raise DataError(f"{path}, line {error.line}: {error}") from error
    _check_classes(labels, f"{path}, up to line {lines[-1] if lines else 1}", definition)
    values = np.array(rows, dtype=object)
    return Dataset(values, _encoded(values, definition), np.array(labels), np.array(lines))


def _check_header(header: Sequence[str], path: Path, definition: Definition) -> None:
    columns = [*(feature.name for feature in definition.features), definition.target]
    if header != columns:
        raise DataError(f"{path}, line 1: the columns must be {','.join(columns)}, not {','.join(header)}")


def _row(cells: Sequence[str], definition: Definition, where: str) -> list[object]:
    """Return the values of one line's features. Raises DataError for a wrong value, label or number of cells."""
    if len(cells) != len(definition.features) + 1:
        raise DataError(f"{where}: expected {len(definition.features) + 1} columns, found {len(cells)}")
    if cells[-1] not in definition.words:
        raise DataError(f"{where}: {definition.target} must be one of {', '.join(definition.words)}, not {cells[-1]!r}")
    return [_value(feature, cell, where) for feature, cell in zip(definition.features, cells[:-1], strict=True)]


def _value(feature: Feature, cell: str, where: str) -> object:
    value = feature.parse(cell)
    if fault := feature.find_fault(value):
        raise DataError(f"{where}: {feature.name} {fault.message}")
    return value


def _encoded(values: NDArray[np.object_], definition: Definition) -> NDArray[np.float64]:
    """Return the inputs of the model, of shape (n, inputs), from values of shape (n, features)."""
    columns = [
        [feature.encode(value) for value in values[:, column]]
        for column, feature in enumerate(definition.features)
        if feature.used
    ]
    return np.column_stack(columns)


def _check_classes(labels: Sequence[str], where: str, definition: Definition) -> None:
    counts = Counter(labels)
    for value, label in definition.words.items():
        if counts[label] < MIN_SAMPLES_PER_CLASS:
            raise DataError(
                f"{where}: {definition.target} {value!r} has {counts[label]} rows,"
                f" and each class needs {MIN_SAMPLES_PER_CLASS}"
            )
