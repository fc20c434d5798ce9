"""What is wrong with a CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

MAX_LISTED = 20


class DataError(ValueError):
    """A CSV that the model's definition does not fit."""


@dataclass(frozen=True)
class Fault:
    """What is wrong at a place of a CSV; without a `column` it is the whole line."""

    line: int
    column: str | None
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.message}"


def require_none(path: Path, faults: Sequence[Fault]) -> None:
    """Raise DataError with the first MAX_LISTED faults, if there are any."""
    if len(faults) == 1:
        raise DataError(f"{path}, {faults[0]}")
    if faults:
        more = f", of which {MAX_LISTED} are listed" if len(faults) > MAX_LISTED else ""
        listed = "".join(f"\n  {fault}" for fault in islice(faults, MAX_LISTED))
        raise DataError(f"{path} has {len(faults):,} faults{more}:{listed}")
