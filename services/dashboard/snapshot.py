"""What the page shows at one moment: plain values, made by the follower once a second.

Times are in seconds since 1970, durations in seconds unless their name says milliseconds (`_ms`). A figure that is not
known is None.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Condition(StrEnum):
    """The condition of a part of the stack."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """A part of the stack, such as the api; `state` is a word (ready, 2 members) and `words` a sentence or empty."""

    name: str
    condition: Condition
    state: str
    words: str = ""


@dataclass(frozen=True)
class Lane:
    """The lane of a model in the consumer; `reason` says why it is paused since `since`."""

    is_paused: bool
    since: str = ""
    reason: str = ""


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
class Place:
    """A request whose outcomes do not balance. `kind` is lost, doubled or unknown (an outcome of no request)."""

    kind: str
    partition: int
    offset: int
    seen_at: float
    outcomes: tuple[str, ...] = ()  # where its outcomes are, as topic[partition]@offset, as far as they are known


@dataclass(frozen=True)
class PartitionLedger:
    """The records of one partition of the requests, from offset `first` up to, not including, `next`.

    `requests` = `predictions` + `dead_letters` + `to_do` + `lost`: each request is counted once. `doubled` counts the
    outcomes beyond the first one of a request, `unknown` those of offsets that hold no request.
    """

    partition: int
    first: int
    next: int
    first_time: float | None
    requests: int
    predictions: int
    dead_letters: int
    to_do: int
    lost: int
    doubled: int
    unknown: int


@dataclass(frozen=True)
class Ledger:
    """The ledger of a model: a row for each partition, the last places that do not balance, the newest first.

    `checked_at` is when losses were last looked for, None before that. `edge` says where the window begins and why.
    """

    partitions: tuple[PartitionLedger, ...]
    places: tuple[Place, ...]
    checked_at: float | None
    edge: str

    @property
    def total(self) -> PartitionLedger:
        """The sum of all partitions; its offsets are without meaning."""
        counted = ("requests", "predictions", "dead_letters", "to_do", "lost", "doubled", "unknown")
        sums = {name: sum(getattr(each, name) for each in self.partitions) for name in counted}
        times = [each.first_time for each in self.partitions if each.first_time is not None]
        return PartitionLedger(-1, 0, 0, max(times, default=None), **sums)

    @property
    def is_balanced(self) -> bool:
        """Whether each request has one outcome, or none yet."""
        total = self.total
        return not (total.lost or total.doubled or total.unknown)


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


@dataclass(frozen=True)
class ModelSnapshot:
    """One model. `classes`, `confusion` (true label, predicted label, count) are of labels, `residuals` of numbers.

    Rates are of the last 10 s, latencies of the last minute, `quality`, `dead_letters` (by reason) and the tables
    below of the last hour. `sampled_share` is the share of the last minute's predictions whose values were read.
    """

    name: str
    title: str
    version: str | None
    since: float | None
    moved_by: str
    lane: Lane | None
    requests_per_second: float
    outcomes_per_second: float
    p50_ms: float | None
    p99_ms: float | None
    lag: Lag
    quality: Quality | None
    test_quality: Quality | None
    dead_letters: Mapping[str, int]
    ledger: Ledger
    minutes: tuple[Minute, ...]
    classes: tuple[ClassRow, ...]
    confusion: tuple[tuple[str, str, int], ...]
    residuals: Residuals | None
    last_predictions: tuple[PredictionRow, ...]
    last_dead_letters: tuple[DeadLetterRow, ...]
    sampled_share: float


@dataclass(frozen=True)
class Snapshot:
    """Everything at the time `at`; `reading` says in words what the follower does, such as catching up."""

    at: float
    reading: str
    parts: tuple[Part, ...]
    models: Mapping[str, ModelSnapshot]

    def to_dict(self) -> dict[str, Any]:
        """The snapshot as JSON has it, with each ledger's sums."""
        content = asdict(self)
        for name, model in self.models.items():
            content["models"][name]["ledger"] |= {
                "total": asdict(model.ledger.total),
                "is_balanced": model.ledger.is_balanced,
            }
        return content
