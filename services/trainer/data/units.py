"""Which rows of a CSV belong together, under which keys they are known again, and when they were."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.trainer.data.faults import DataError, Fault
from services.trainer.definition import Definition
from services.trainer.definition.split import ALLOW

# More copies than this share of the rows are no accident.
MOST_COPIES = 0.1
KEY_BYTES = 8


class Marks(NamedTuple):
    """What a line of the CSV has of its group and its time, "" where the definition names no such column."""

    group: str
    time: str


def marks_of(named: Mapping[str, str], definition: Definition) -> Marks:
    """Return those of a line, given its cells by column."""
    split = definition.split
    return Marks(*(named[column].strip() if column else "" for column in (split.group, split.time)))


def mark_faults(lines: Sequence[int], marks: Sequence[Marks], definition: Definition) -> Iterator[Fault]:
    """Yield the lines without a group, or without a time that can be read."""
    split = definition.split
    for line, mark in zip(lines, marks, strict=True):
        if split.group and not mark.group:
            yield Fault(line, split.group, "is missing, and the split needs the group of each row")
        if split.time and _time(mark.time) is None:
            yield Fault(line, split.time, f"must be a date as in 2026-11-30 or a number, not {mark.time[:40]!r}")


def identify(
    values: NDArray[np.object_], texts: Sequence[str], marks: Sequence[Marks], definition: Definition
) -> tuple[NDArray[np.str_], NDArray[np.int64], NDArray[np.float64] | None]:
    """Return keys, units and times of the rows, each of shape (n,); `values` and `texts` are as in a Dataset.

    The key of a row is made of its group, or else of its inputs and its target. Rows of one key are one unit, unless
    the definition allows duplicates.
    """
    split = definition.split
    if split.group:
        keys = [_key(mark.group) for mark in marks]
    else:
        used = [feature.used for feature in definition.columns]
        keys = [_key([*row[used].tolist(), text]) for row, text in zip(values, texts, strict=True)]
    times = np.array([_time(mark.time) for mark in marks], dtype=float) if split.time else None
    alone = split.duplicates == ALLOW and not split.group
    units = np.arange(len(keys)) if alone else np.unique(keys, return_inverse=True)[1]
    return np.array(keys), units, times


def check_copies(keys: NDArray[np.str_], definition: Definition) -> None:
    """Raise DataError if many rows are copies and the definition says nothing of them."""
    copies = count_copies(keys)
    if definition.split.group or definition.split.duplicates == ALLOW or copies <= MOST_COPIES * len(keys):
        return
    raise DataError(
        f"{definition.file.path}: {copies:,} of {len(keys):,} rows are copies of another one, so that few rows would"
        " look like many;"
        ' delete them, or say what they are: Split(group="column") for several rows of one thing,'
        ' Split(duplicates="allow") for observations that happen to be equal'
    )


def count_copies(keys: NDArray[np.str_]) -> int:
    """Return how many rows repeat an earlier one."""
    return sum(count - 1 for count in Counter(keys.tolist()).values())


def _key(content: Any) -> str:
    return hashlib.blake2b(repr(content).encode(), digest_size=KEY_BYTES).hexdigest()


def _time(cell: str) -> float | None:
    """Return a number, or a date or date-time of ISO 8601 in seconds; one without a time zone is taken as UTC."""
    try:
        number = float(cell)
    except ValueError:
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return number if np.isfinite(number) else None
