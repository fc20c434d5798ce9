"""Reads a model's CSV and refuses what cannot be trained on, naming the line."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from petalstream.schema import Feature
from services.trainer.definition import Definition

# 3:1:1 makes 6, 2 and 2 of ten, and each of the search's five folds of the training part needs one.
LEAST_PER_CLASS = 10


class DataError(ValueError):
    """A CSV that the model's definition does not fit."""


@dataclass(frozen=True)
class Dataset:
    """Samples as they were read and as a model takes them, with their labels and their lines in the CSV.

    `values` has shape (n, features) and holds what JSON would; `samples` has shape (n, inputs), `labels` (n,).
    """

    values: NDArray[np.object_]
    samples: NDArray[np.float64]
    labels: NDArray[np.str_]
    lines: NDArray[np.int64]

    def part(self, rows: NDArray[np.int64]) -> "Dataset":
        """The samples at the positions `rows`."""
        return Dataset(self.values[rows], self.samples[rows], self.labels[rows], self.lines[rows])


def read(path: Path) -> bytes:
    """The file at `path`, read once so that data and digest cannot differ. Raises DataError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; it should be the CSV of the model") from error


def parse(content: bytes, path: Path, definition: Definition) -> Dataset:
    """The CSV `content` of `path` as numbers and labels. Raises DataError, which names the file and the line."""
    columns = [feature.name for feature in definition.features] + [definition.target]
    rows, labels, lines = [], [], []
    try:
        reader = csv.reader(content.decode("utf-8-sig").splitlines(keepends=True))
        header = next(reader, [])
        if header != columns:
            raise DataError(f"{path}, line 1: the columns must be {','.join(columns)}, not {','.join(header)}")
        for cells in reader:
            rows.append(_values(cells, definition, f"{path}, line {reader.line_num}"))
            labels.append(definition.words[cells[-1]])
            lines.append(reader.line_num)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: not text in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error
    _check_classes(path, definition, labels, reader.line_num)
    values = np.array(rows, dtype=object)
    return Dataset(values, _samples(values, definition), np.array(labels), np.array(lines))


def _values(cells: list[str], definition: Definition, where: str) -> list[object]:
    """The features of one line, after its label was checked."""
    if len(cells) != len(definition.features) + 1:
        raise DataError(f"{where}: expected {len(definition.features) + 1} columns, found {len(cells)}")
    if cells[-1] not in definition.words:
        raise DataError(f"{where}: {definition.target} must be one of {', '.join(definition.words)}, not {cells[-1]!r}")
    return [_value(feature, cell, where) for feature, cell in zip(definition.features, cells[:-1], strict=True)]


def _value(feature: Feature, cell: str, where: str) -> object:
    value = feature.parsed(cell)
    if fault := feature.fault(value):
        raise DataError(f"{where}: {feature.name} {fault.message}")
    return value


def _samples(values: NDArray[np.object_], definition: Definition) -> NDArray[np.float64]:
    columns = [
        [feature.encoded(value) for value in values[:, column]]
        for column, feature in enumerate(definition.features)
        if feature.used
    ]
    return np.column_stack(columns)


def _check_classes(path: Path, definition: Definition, labels: list[str], last_line: int) -> None:
    counts = Counter(labels)
    for value, label in definition.words.items():
        if counts[label] < LEAST_PER_CLASS:
            raise DataError(
                f"{path}, up to line {last_line}: {definition.target} {value!r} has {counts[label]} rows,"
                f" and each class needs {LEAST_PER_CLASS}"
            )
