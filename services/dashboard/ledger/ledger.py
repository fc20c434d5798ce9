"""The ledger of a model: an account for each partition of its requests, and the places that do not balance."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from services.dashboard.ledger.partition_account import Intervals, Kind, PartitionAccount
from services.dashboard.snapshot import Ledger, Place

# Places that are remembered of each kind; the counts go on.
MOST_PLACES = 1_000
LOST, DOUBLED, UNKNOWN = "lost", "doubled", "unknown"
# Partitions that outcomes name before it is known where their requests begin.
MOST_UNOPENED = 1_000
FULL = "Partition {} began again, since it had too many gaps: {:,} requests were lost and {:,} outcomes doubled before."
UNREADABLE = " {:,} outcomes cannot be read by any client: their requests may be shown as lost."
STRAYS = " {:,} outcomes name a partition that the requests do not have."


class ModelLedger:
    """Keeps the accounts of a model's partitions; `edge` says why the window begins where it does.

    `cut` are the kinds of outcomes that were not read from the beginning of their topic on, `unreadable` counts
    outcomes that no client can read: their requests seem to have none.
    """

    def __init__(self, edge: str = "") -> None:
        self._all: dict[int, PartitionAccount] = {}
        self._opened: set[int] = set()
        self.edge, self.cut, self.unreadable = edge, set[Kind](), 0
        self._places: dict[str, deque[Place]] = {kind: deque(maxlen=MOST_PLACES) for kind in (DOUBLED, UNKNOWN)}
        self._lost_since: dict[tuple[int, int], float] = {}
        self._checked_at: float | None = None
        # Outcomes that name a partition which the requests do not have.
        self._strays = 0

    @property
    def accounts(self) -> dict[int, PartitionAccount]:
        """Return the accounts of the partitions whose requests are read, in order."""
        return {partition: self._all[partition] for partition in sorted(self._opened)}

    def open(self, partition: int, first: int, first_time: float | None) -> None:
        """Vouch for the requests of a partition from offset `first` on; outcomes of them may have been read already."""
        doubled = [each for each in self._places[DOUBLED] if each.partition != partition or each.offset >= first]
        self._places[DOUBLED] = deque(doubled, MOST_PLACES)
        self._opened.add(partition)
        account = self._all.setdefault(partition, PartitionAccount(partition, first, first_time))
        account.begin_at(first, first_time)

    def note_first(self, partition: int, sent: float) -> None:
        """Note when the first request of a partition was sent, unless its window begins at a time."""
        account = self._all[partition]
        if account.first_time is None:
            account.first_time = sent

    def add_requests(self, partition: int, batch: tuple[int, int, int], offsets: Iterable[int], now: float) -> None:
        """Add a batch of requests: its first offset, the offset after it, and the number of its records."""
        account = self._all[partition]
        self._add_unknown(partition, account.add_requests(*batch, offsets), now)
        if account.is_full:
            row = account.row()
            self.open(partition, account.next, now)
            self.edge = FULL.format(partition, row.lost, row.doubled)

    def add_outcomes(
        self, partition: int, kind: Kind, offsets: Sequence[int], place: Callable[[int], str], now: float
    ) -> None:
        """Add outcomes; `place` says by index where one is."""
        if partition not in self._all:
            if len(self._all) - len(self._opened) >= MOST_UNOPENED:
                return
            # It is not known yet where the requests of this partition begin.
            self._all[partition] = PartitionAccount(partition, 0, None)
        for index in self._all[partition].add_outcomes(kind, offsets):
            outcomes = (f"{kind} {place(index)}",)
            self._places[DOUBLED].append(Place(DOUBLED, partition, offsets[index], now, outcomes))

    def early(self) -> dict[int, Intervals]:
        """Return the offsets of outcomes whose requests are not read yet, by partition."""
        return {partition: account.early() for partition, account in self._all.items()}

    def check(
        self,
        committed: Mapping[int, int],
        early: Mapping[int, Intervals],
        ends: Mapping[int, int],
        now: float,
        is_beginning: bool = False,
    ) -> None:
        """Look for lost requests, and for outcomes of none; while `is_beginning`, old requests are still read.

        `committed` are the offsets that the consumer has committed; all outcomes that existed then were read. `ends`
        are the ends of the requests, asked for after `early` was returned.
        """
        self._remove_strays(early, ends, now)
        if is_beginning:
            return
        for partition, account in self.accounts.items():
            if self._checked_at is None:
                account.begin_with_outcomes(self.cut, committed.get(partition, 0))
            account.check(committed.get(partition, 0))
            if partition in ends:
                found = account.remove_invented([*early.get(partition, ())], ends[partition])
                self._add_unknown(partition, found, now)
        self._checked_at = now
        lost = [
            (partition, offset)
            for partition, account in self.accounts.items()
            for offset in _last(account.lost, MOST_PLACES)
        ]
        self._lost_since = {place: self._lost_since.get(place, now) for place in lost}

    def view(self) -> Ledger:
        """Return the ledger as the page shows it."""
        lost = [Place(LOST, partition, offset, since) for (partition, offset), since in self._lost_since.items()]
        places = [*lost, *self._places[DOUBLED], *self._places[UNKNOWN]]
        places.sort(key=lambda place: (place.seen_at, place.partition, place.offset), reverse=True)
        rows = tuple(account.row() for account in self.accounts.values())
        edge = self.edge + (UNREADABLE.format(self.unreadable) if self.unreadable else "")
        edge += STRAYS.format(self._strays) if self._strays else ""
        return Ledger(rows, tuple(places), self._checked_at, edge)

    def _remove_strays(self, early: Mapping[int, Intervals], ends: Mapping[int, int], now: float) -> None:
        """Remove the accounts of partitions that the requests do not have; `ends` has all that they have."""
        for partition in [each for each in early if ends and each not in ends and each not in self._opened]:
            found = self._all.pop(partition).early() if partition in self._all else []
            self._strays += sum(end - begin for begin, end in found)
            self._add_unknown(partition, found, now)

    def _add_unknown(self, partition: int, intervals: Intervals, now: float) -> None:
        offsets = _last(intervals, MOST_PLACES)
        self._places[UNKNOWN].extend(Place(UNKNOWN, partition, offset, now) for offset in offsets)


def _last(intervals: Intervals, most: int) -> list[int]:
    """Return up to `most` of the last numbers of intervals."""
    found: list[int] = []
    for begin, end in reversed(intervals):
        found.extend(range(max(begin, end - most + len(found)), end))
        if len(found) >= most:
            break
    return found
