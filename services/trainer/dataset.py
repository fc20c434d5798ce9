"""Reads a model's CSV and refuses what cannot be trained on, naming the line."""

import csv
import math
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
    """Samples of shape (n, features), labels of shape (n,), and the line of the CSV that each one came from."""

    samples: NDArray[np.float64]
    labels: NDArray[np.str_]
    lines: NDArray[np.int64]

    def part(self, rows: NDArray[np.int64]) -> "Dataset":
        """The samples at the positions `rows`."""
        return Dataset(self.samples[rows], self.labels[rows], self.lines[rows])


def read(path: Path) -> bytes:
    """The file at `path`, read once so that data and digest cannot differ. Raises DataError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; it should be the CSV of the model") from error


def parse(content: bytes, path: Path, definition: Definition) -> Dataset:
    """The CSV `content` of `path` as numbers and labels. Raises DataError, which names the file and the line."""
    columns = [feature.name for feature in definition.features] + [definition.target]
    samples, labels, lines = [], [], []
    try:
        reader = csv.reader(content.decode("utf-8-sig").splitlines(keepends=True))
        header = next(reader, [])
        if header != columns:
            raise DataError(f"{path}, line 1: the columns must be {','.join(columns)}, not {','.join(header)}")
        for cells in reader:
            samples.append(_numbers(cells, definition, f"{path}, line {reader.line_num}"))
            labels.append(cells[-1])
            lines.append(reader.line_num)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: not text in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error
    _check_classes(path, definition, labels, reader.line_num)
    return Dataset(np.array(samples), np.array(labels), np.array(lines))


def _numbers(cells: list[str], definition: Definition, where: str) -> list[float]:
    """The features of one line, after its label was checked."""
    if len(cells) != len(definition.features) + 1:
        raise DataError(f"{where}: expected {len(definition.features) + 1} columns, found {len(cells)}")
    if cells[-1] not in definition.labels:
        raise DataError(f"{where}: {definition.target} must be one of {_listed(definition)}, not {cells[-1]!r}")
    return [_number(feature, cell, where) for feature, cell in zip(definition.features, cells[:-1], strict=True)]


def _number(feature: Feature, cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise DataError(f"{where}: {feature.name} must be a number, not {cell!r}")
    if fault := feature.fault(number):
        raise DataError(f"{where}: {feature.name} {fault.message}")
    return number


def _check_classes(path: Path, definition: Definition, labels: list[str], last_line: int) -> None:
    counts = Counter(labels)
    for label in definition.labels:
        if counts[label] < LEAST_PER_CLASS:
            raise DataError(
                f"{path}, up to line {last_line}: {definition.target} {label!r} has {counts[label]} rows,"
                f" and each class needs {LEAST_PER_CLASS}"
            )


def _listed(definition: Definition) -> str:
    return ", ".join(definition.labels)
