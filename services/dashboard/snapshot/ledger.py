"""The ledger of a model: what became of its requests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A request whose outcomes do not balance. `kind` is lost, doubled or unknown (an outcome of no request).

    `outcomes` has the second outcome of a doubled one, as topic[partition]@offset.
    """

    kind: str
    partition: int
    offset: int
    seen_at: float
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartitionLedger:
    """The requests of one partition from offset `first` on, read up to, not including, `next`.

    `requests` = `predictions` + `dead_letters` + `to_do` + `lost`: each request is counted once, and one beyond `next`
    if its outcome was read. `doubled` counts the outcomes beyond the first one of a request, `unknown` those of offsets
    that hold no request.
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
