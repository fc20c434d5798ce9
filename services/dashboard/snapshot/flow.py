"""What flows in a model's topics, and how good it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lag:
    """Requests that have no outcome yet, the age of the oldest, and how long they take at the present rates.

    `clear_seconds` is None where nothing waits, or where the lag does not shrink (`grows`).
    """

    records: int
    seconds: float | None
    clear_seconds: float | None
    grows: bool = False


@dataclass(frozen=True)
class Quality:
    """A metric with its 95 % interval, None where there are too few rows for one.

    `metric` is accuracy or mean_absolute_error, `rows` the predictions whose truth is known, `keys` how many different
    keys they have: the interval is as wide as that of so many rows.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    rows: int
    keys: int
    unit: str = ""


@dataclass(frozen=True)
class Minute:
    """What was read in one minute; `classes` counts the predicted labels of the sampled predictions."""

    begin: float
    requests: int
    predictions: int
    dead_letters: int
    p50_ms: float | None
    p99_ms: float | None
    classes: Mapping[str, int]


@dataclass(frozen=True)
class ClassRow:
    """The predictions of the last hour whose true label is `label`, and the accuracy among them with its interval."""

    label: str
    rows: int
    right: int
    low: float
    high: float


@dataclass(frozen=True)
class Residuals:
    """Predicted less true numbers of the last hour: their mean, and a histogram (`counts` between `edges`)."""

    mean: float
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    unit: str


@dataclass(frozen=True)
class PredictionRow:
    """One of the last predictions; `outcome` in words, `is_right` None where the truth is not known."""

    request: str  # topic[partition]@offset
    at: float
    latency_ms: float | None
    features: Mapping[str, Any]
    outcome: str
    expected: str | None
    is_right: bool | None
    version: str


@dataclass(frozen=True)
class DeadLetterRow:
    """One of the last dead letters; `value` are the request's bytes in printable characters, cut short."""

    request: str
    at: float
    reason: str
    message: str
    attempts: int
    value: str
    size: int
    place: str  # of the dead letter itself, topic[partition]@offset
    replay: str  # a command
