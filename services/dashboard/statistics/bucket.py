"""Counts of one span of time."""

from collections import Counter
from dataclasses import dataclass, field

# Labels and truths are what anybody wrote: so many different pairs are counted, all others together.
MOST_PAIRS, OTHER = 400, "(others)"
MOST_RESIDUALS = 200
# The square of a larger one is no number any more.
MOST_RESIDUAL = 1e150


@dataclass
class Bucket:
    """What was read of one minute, or of several.

    `classes` counts predicted labels and `pairs` true and predicted ones, of the `sampled` predictions; `residuals` are
    some of the differences of predicted and true numbers, `errors` the number of all, and the sums of their absolute
    values, of the squares and of the differences themselves.
    """

    requests: int = 0
    predictions: int = 0
    dead_letters: Counter[str] = field(default_factory=Counter)
    latencies: Counter[int] = field(default_factory=Counter)
    sampled: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: tuple[int, float, float, float] = (0, 0.0, 0.0, 0.0)
    residuals: list[float] = field(default_factory=list)

    def add(self, other: "Bucket") -> None:
        """Add what another bucket has counted."""
        self.requests += other.requests
        self.predictions += other.predictions
        self.sampled += other.sampled
        self.dead_letters.update(other.dead_letters)
        self.latencies.update(other.latencies)
        self.classes.update(other.classes)
        self.pairs.update(other.pairs)
        self.errors = tuple(mine + theirs for mine, theirs in zip(self.errors, other.errors, strict=True))  # type: ignore[assignment]
        self.residuals += other.residuals

    def add_label(self, label: str, true: str | None) -> None:
        """Add a sampled prediction of a label, with the true one if it is known."""
        self.sampled += 1
        self.classes[label if label in self.classes or len(self.classes) < MOST_PAIRS else OTHER] += 1
        if true is not None:
            pair = (true, label)
            self.pairs[pair if pair in self.pairs or len(self.pairs) < MOST_PAIRS else (OTHER, OTHER + " ")] += 1

    def add_number(self, predicted: float, true: float | None) -> None:
        """Add a sampled prediction of a number, with the true one if it is known."""
        self.sampled += 1
        if true is None or abs(residual := predicted - true) > MOST_RESIDUAL:
            return
        number, absolute, squares, total = self.errors
        self.errors = (number + 1, absolute + abs(residual), squares + residual * residual, total + residual)
        if len(self.residuals) < MOST_RESIDUALS:
            self.residuals.append(residual)
