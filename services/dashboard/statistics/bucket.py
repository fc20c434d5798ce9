"""Counts of one span of time."""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

# Labels, truths and reasons are what anybody wrote: so many different ones are counted by themselves.
MOST_DIFFERENT, OTHER = 400, "(others)"
OTHER_PAIR = (OTHER, OTHER)
MOST_RESIDUALS = 200
# The square of a larger one is no number any more.
MOST_RESIDUAL = 1e150
Key = TypeVar("Key", bound=Hashable)


@dataclass
class Bucket:
    """What was read of one minute, or of several.

    `classes` counts predicted labels and `pairs` true and predicted ones, of the `sampled` predictions; of the `known`
    labels whose truth is known so many are `right`. `residuals` are some of the differences of predicted and true
    numbers, `errors` the number of all, and the sums of their absolute values, of the squares and of the differences.
    """

    requests: int = 0
    predictions: int = 0
    dead_letters: Counter[str] = field(default_factory=Counter)
    latencies: Counter[int] = field(default_factory=Counter)
    sampled: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    known: int = 0
    right: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: tuple[int, float, float, float] = (0, 0.0, 0.0, 0.0)
    residuals: list[float] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """Return how many predictions were compared with the truth."""
        return self.known + self.errors[0]

    def add(self, other: "Bucket") -> None:
        """Add what another bucket has counted."""
        self.requests += other.requests
        self.predictions += other.predictions
        self.sampled += other.sampled
        self.known += other.known
        self.right += other.right
        self.latencies.update(other.latencies)
        self.add_reasons(other.dead_letters)
        _add(self.classes, other.classes, OTHER)
        _add(self.pairs, other.pairs, OTHER_PAIR)
        self.errors = tuple(mine + theirs for mine, theirs in zip(self.errors, other.errors, strict=True))  # type: ignore[assignment]
        self.residuals += other.residuals

    def add_reasons(self, reasons: Mapping[str, int]) -> None:
        """Add dead letters by their reason."""
        _add(self.dead_letters, reasons, OTHER)

    def add_label(self, label: str, true: str | None) -> None:
        """Add a sampled prediction of a label, with the true one if it is known."""
        self.sampled += 1
        _add(self.classes, {label: 1}, OTHER)
        if true is not None:
            self.known += 1
            self.right += true == label
            _add(self.pairs, {(true, label): 1}, OTHER_PAIR)

    def add_number(self, predicted: float, true: float | None) -> None:
        """Add a sampled prediction of a number, with the true one if it is known."""
        self.sampled += 1
        if true is None or not math.isfinite(predicted) or abs(residual := predicted - true) > MOST_RESIDUAL:
            return
        number, absolute, squares, total = self.errors
        self.errors = (number + 1, absolute + abs(residual), squares + residual * residual, total + residual)
        if len(self.residuals) < MOST_RESIDUALS:
            self.residuals.append(residual)


def _add(counter: Counter[Key], found: Mapping[Key, int], other: Key) -> None:
    """Add counts; those of keys beyond MOST_DIFFERENT go to `other`."""
    for key, number in found.items():
        counter[key if key in counter or len(counter) < MOST_DIFFERENT else other] += number
