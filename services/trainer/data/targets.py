"""Reads the targets of a CSV: labels, or numbers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from petalstream.error_text import describe_json
from petalstream.features import Number
from services.trainer.data.faults import DataError
from services.trainer.definition import Classes, Definition

# The 3:1:1 split of ten samples has parts of 6, 2 and 2, and each of the five folds of the training part needs one.
MIN_SAMPLES_PER_CLASS = 10
# The split of twenty leaves 4 rows for the validation and the test part, and each of the five folds two.
MIN_SAMPLES = 20


def read_target(cell: str, definition: Definition) -> tuple[float, str]:
    """Return what the estimator learns of a cell, the position of a label or a number, and the target as a text.

    Raises ValueError, which says what the cell must be.
    """
    target = definition.target
    if isinstance(target, Number):
        value = target.parse(cell)
        if fault := target.find_fault(value):
            raise ValueError(fault.message)
        return target.encode(value), target.to_text(value)
    label = target.word_of(cell)
    if label is None:
        raise ValueError(f"must be one of {', '.join(target.words)}, not {describe_json(cell.strip())}")
    return definition.labels.index(label), label


def check_targets(texts: Sequence[str], path: Path, definition: Definition) -> None:
    """Raise DataError if the targets of all rows, as texts, are too few to learn from."""
    if isinstance(definition.target, Classes):
        _check_labels(texts, path, definition.target)
    elif len(texts) < MIN_SAMPLES:
        raise DataError(f"{path} has {len(texts)} rows, and a model of numbers needs {MIN_SAMPLES}")
    elif len(set(texts)) == 1:
        raise DataError(f"{path}: {definition.target_column} is {texts[0]} in each row")


def _check_labels(texts: Sequence[str], path: Path, target: Classes) -> None:
    counts = Counter(texts)
    for value, label in target.words.items():
        if counts[label] < MIN_SAMPLES_PER_CLASS:
            raise DataError(
                f"{path}: {target.column} {value!r} has {counts[label]} rows, and each class needs"
                f" {MIN_SAMPLES_PER_CLASS}"
            )
