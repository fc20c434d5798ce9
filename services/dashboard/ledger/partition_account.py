"""The account of one partition of the requests: its records on one side, their outcomes on the other."""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from services.dashboard.ledger.interval_set import IntervalSet
from services.dashboard.snapshot import PartitionLedger

# Gaps between settled offsets; each takes 16 bytes.
MOST_GAPS = 200_000
Intervals = list[tuple[int, int]]


class Kind(StrEnum):
    """What became of a request."""

    PREDICTION = "prediction"
    DEAD_LETTER = "dead letter"


class PartitionAccount:
    """Vouches for the requests from offset `first` on; outcomes of earlier ones are ignored.

    `next` is the offset up to which requests were read. An offset is settled once its request has an outcome, or once
    it is known to hold no request: a marker of a transaction, or a record that compaction removed. An outcome is early
    while its request is not read yet.
    """

    def __init__(self, partition: int, first: int, first_time: float | None) -> None:
        self.partition, self.next = partition, first
        self.first, self.first_time, self._checked_to = first, first_time, first
        self.lost: Intervals = []
        self._requests = self._unknown = 0
        self._doubled, self._doubled_offsets = 0, IntervalSet()
        self._outcomes = dict.fromkeys(Kind, 0)
        # The lowest offset whose outcome was read, by kind, also before `first`.
        self._lowest: dict[Kind, int] = {}
        self._settled = IntervalSet()
        self._early_dead_letters: set[int] = set()

    def begin_at(self, first: int, first_time: float | None) -> None:
        """Vouch for the requests from `first` on, which are not read yet; keep what was read of their outcomes."""
        early = [*self._settled.between(first)]
        self._early_dead_letters = {offset for offset in self._early_dead_letters if offset >= first}
        self.first, self.first_time, self.next, self._checked_to, self.lost = first, first_time, first, first, []
        self._requests = self._unknown = 0
        self._doubled = self._doubled_offsets.count(first)
        self._settled = IntervalSet()
        settled = sum(self._settled.add(*interval) for interval in early)
        dead_letters = len(self._early_dead_letters)
        self._outcomes = {Kind.PREDICTION: settled - dead_letters, Kind.DEAD_LETTER: dead_letters}

    @property
    def is_full(self) -> bool:
        """Whether it has too many gaps to go on from `first`."""
        return len(self._settled) > MOST_GAPS

    def add_requests(self, first: int, end: int, count: int, offsets: Iterable[int]) -> Intervals:
        """Add a batch of `count` requests at `offsets`, from `first` up to, not including, `end`.

        Returns the offsets among them, and before them, that hold no request and yet have an outcome.
        """
        if end <= self.next:
            return []
        invented = self._settle_holes(self.next, first)
        if count < end - first or first < self.next:
            reached, count = max(self.next, first), 0
            for offset in offsets:
                if offset >= reached:
                    invented += self._settle_holes(reached, offset)
                    reached, count = offset + 1, count + 1
            invented += self._settle_holes(reached, end)
        self._requests += count
        self.next = end
        return invented

    def add_outcomes(self, kind: Kind, offsets: Sequence[int]) -> list[int]:
        """Add the outcomes of the requests at `offsets`; return the indexes of those whose request had one already."""
        if not offsets:
            return []
        self._lowest[kind] = min(self._lowest.get(kind, offsets[0]), min(offsets))
        begin, end = offsets[0], offsets[0] + len(offsets)
        # Most batches have the outcomes of consecutive requests.
        if begin >= self._checked_to and offsets == [*range(begin, end)] and not self._settled.count(begin, end):
            self._settled.add(begin, end)
            self._add_outcomes(kind, offsets)
            return []
        again, are_late = [], False
        for index, offset in enumerate(offsets):
            if offset < self.first:
                continue
            if self._settled.add(offset, offset + 1):
                self._add_outcomes(kind, [offset])
                are_late = are_late or offset < self._checked_to
            else:
                again.append(index)
                self._doubled_offsets.add(offset, offset + 1)
        self._doubled += len(again)
        if are_late:
            self.check(self._checked_to)
        return again

    def begin_with_outcomes(self, kinds: Collection[Kind], committed: int) -> None:
        """Let the window begin no earlier than the first request whose outcome was read, of each of these kinds.

        Outcomes of these kinds were read from some point on. A consumer writes those of a partition in order: what has
        none before the first one that was read may have had it earlier.
        """
        if not kinds:
            return
        lowest = [self._lowest[kind] for kind in kinds if kind in self._lowest]
        begin = min(self.next, max(lowest, default=committed))
        if begin > self.first:
            self._requests -= sum(high - low for low, high in self._settled.gaps(self.first, begin))
            self.first = self._checked_to = begin

    def check(self, committed: int) -> None:
        """Set `lost`: the requests without an outcome that the consumer has committed past.

        Call it once all outcomes were read that existed when `committed` was asked for.
        """
        self._checked_to = max(self._checked_to, min(committed, self.next))
        self.lost = [*self._settled.gaps(self.first, self._checked_to)]
        self._early_dead_letters = {offset for offset in self._early_dead_letters if offset >= self.next}

    def early(self) -> Intervals:
        """Return the offsets of early outcomes."""
        return [*self._settled.between(self.next)]

    def remove_invented(self, early: Intervals, end: int) -> Intervals:
        """Remove the outcomes of `early` that lie beyond `end`, where the log of requests ended later; return them."""
        found = [(max(begin, end), last) for begin, last in early if last > end and last > self.next]
        for begin, last in found:
            self._remove_outcomes(begin, last)
        return found

    def first_waiting(self) -> int | None:
        """Return the offset of the first request that is neither settled nor lost, None if there is none."""
        return next((begin for begin, _ in self._settled.gaps(self._checked_to, self.next)), None)

    def row(self) -> PartitionLedger:
        """Return the account as the page shows it; the requests of early outcomes count as read."""
        requests = self._requests + self._settled.count(self.next)
        lost = sum(end - begin for begin, end in self.lost)
        predictions, dead_letters = self._outcomes[Kind.PREDICTION], self._outcomes[Kind.DEAD_LETTER]
        return PartitionLedger(
            partition=self.partition,
            first=self.first,
            next=self.next,
            first_time=self.first_time,
            requests=requests,
            predictions=predictions,
            dead_letters=dead_letters,
            to_do=requests - predictions - dead_letters - lost,
            lost=lost,
            doubled=self._doubled,
            unknown=self._unknown,
        )

    def _add_outcomes(self, kind: Kind, offsets: Sequence[int]) -> None:
        self._outcomes[kind] += len(offsets)
        if kind is Kind.DEAD_LETTER and offsets[-1] >= self.next:
            self._early_dead_letters.update(offsets)

    def _settle_holes(self, begin: int, end: int) -> Intervals:
        """Settle offsets that hold no request; return those that have an outcome."""
        invented = [*self._settled.between(begin, end)]
        for low, high in invented:
            self._remove_outcomes(low, high)
        self._settled.add(begin, end)
        return invented

    def _remove_outcomes(self, begin: int, end: int) -> None:
        dead_letters = len(self._early_dead_letters.intersection(range(begin, end)))
        self._settled.discard(begin, end)
        self._outcomes[Kind.DEAD_LETTER] -= dead_letters
        self._outcomes[Kind.PREDICTION] -= end - begin - dead_letters
        self._unknown += end - begin
