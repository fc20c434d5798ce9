"""The ledger of a model: an account for each partition of its requests, and the places that do not balance."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from services.dashboard.ledger.partition_account import Intervals, Kind, PartitionAccount
from services.dashboard.snapshot import Ledger, Place

# Places that are remembered of each kind; the counts go on.
MOST_PLACES = 1_000
LOST, DOUBLED, UNKNOWN = "lost", "doubled", "unknown"


class ModelLedger:
    """Keeps the accounts of a model's partitions; `edge` says why the window begins where it does.

    `is_partial`: there are outcomes that were not read, since they are older than the window.
    """

    def __init__(self, edge: str = "") -> None:
        self._all: dict[int, PartitionAccount] = {}
        self._opened: set[int] = set()
        self.edge, self.is_partial = edge, False
        self._places: dict[str, deque[Place]] = {kind: deque(maxlen=MOST_PLACES) for kind in (DOUBLED, UNKNOWN)}
        self._lost_since: dict[tuple[int, int], float] = {}
        self._checked_at: float | None = None

    @property
    def accounts(self) -> dict[int, PartitionAccount]:
        """Return the accounts of the partitions whose requests are read, in order."""
        return {partition: self._all[partition] for partition in sorted(self._opened)}

    def open(self, partition: int, first: int, first_time: float | None) -> None:
        """Vouch for the requests of a partition from offset `first` on; outcomes of them may have been read already."""
        doubled = [each for each in self._places[DOUBLED] if each.partition != partition or each.offset >= first]
        self._places[DOUBLED] = deque(doubled, MOST_PLACES)
        self._opened.add(partition)
        self._account(partition).begin_at(first, first_time, sum(each.partition == partition for each in doubled))

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
            self.open(partition, account.next, now)
            self.edge = "One partition began anew: too many of its requests waited between others that did not."

    def add_outcomes(
        self, partition: int, kind: Kind, offsets: Sequence[int], place: Callable[[int], str], now: float
    ) -> None:
        """Add outcomes; `place` says by index where one is."""
        for index in self._account(partition).add_outcomes(kind, offsets):
            outcomes = (f"{kind} {place(index)}",)
            self._places[DOUBLED].append(Place(DOUBLED, partition, offsets[index], now, outcomes))

    def early(self) -> dict[int, Intervals]:
        """Return the offsets of outcomes whose requests are not read yet, by partition."""
        return {partition: account.early() for partition, account in self.accounts.items()}

    def check(
        self,
        committed: Mapping[int, int],
        early: Mapping[int, Intervals],
        ends: Mapping[int, int],
        now: float,
        is_beginning: bool = False,
    ) -> None:
        """Look for lost requests, and for outcomes of none; `is_beginning` while old requests are still read.

        `committed` are the offsets that the consumer has committed; all outcomes that existed then were read. `ends`
        are the ends of the requests, asked for after `early` was returned.
        """
        for partition, account in self.accounts.items():
            if self.is_partial and (is_beginning or self._checked_at is None):
                account.leave_out_first_gap(committed.get(partition, 0))
            account.check(committed.get(partition, 0))
            if partition in ends:
                found = account.remove_invented([*early.get(partition, ())], ends[partition])
                self._add_unknown(partition, found, now)
        self._checked_at = None if is_beginning else now
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
        return Ledger(rows, tuple(places), self._checked_at, self.edge)

    def _account(self, partition: int) -> PartitionAccount:
        """Return the account of a partition; outcomes may be read before it is known where its requests begin."""
        if partition not in self._all:
            self._all[partition] = PartitionAccount(partition, 0, None)
        return self._all[partition]

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
