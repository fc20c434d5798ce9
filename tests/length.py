"""How long a scenario lasts: short in `make test`, at full length in `make test-long`, longer still in `make chaos`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Length:
    """The length of this run's scenarios. A test that asks for it belongs to `make test` and to `make test-long`."""

    is_full: bool
    scale: int = 1

    def count(self, short: int, full: int) -> int:
        """How often something happens, or to how many: `short`, or `full` times the scale."""
        return full * self.scale if self.is_full else short

    def seconds(self, short: float, full: float) -> float:
        """How long something lasts in seconds, which the scale does not change."""
        return full if self.is_full else short


def long_except(quick: Collection[object], values: Iterable[Any]) -> list[Any]:
    """The values as parameters: a test runs with the `quick` ones in `make test`, with the rest in `make test-long`."""
    return [value if value in quick else pytest.param(value, marks=pytest.mark.long) for value in values]
