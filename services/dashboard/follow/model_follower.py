"""Follows one model: its ledger, its last hour, its last values."""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from petalstream.broker import Batch, Partition, UnreadableRecords
from petalstream.latency import age, possible_time
from petalstream.messages import dead_letters_topic, predictions_topic, requests_topic
from petalstream.printable import printable
from services.dashboard.follow.outcomes import Outcomes, latencies, read_outcomes
from services.dashboard.follow.values import LAST, Read, Values, pick
from services.dashboard.follow.waiting import SentTimes
from services.dashboard.ledger.ledger import ModelLedger
from services.dashboard.ledger.partition_account import Intervals, Kind
from services.dashboard.statistics.bucket import Bucket
from services.dashboard.statistics.hour import Hour
from services.dashboard.statistics.latencies import count
from services.dashboard.status.facts import Facts

# The ends of a log that was truncated are not reached any more.
PENDING_SECONDS = 30.0
log = logging.getLogger(__name__)
# Values that are read a second; of more predictions than that in a poll of old ones, every tenth.
VALUES_PER_SECOND = 20
OLD_VALUES, OLD_SHARE = 20_000, 10


class ModelFollower:
    """Takes the batches of a model's topics. `now` is in seconds since 1970."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ledger, self.hour, self.values = ModelLedger(""), Hour(), Values()
        self._kinds = {predictions_topic(name): Kind.PREDICTION, dead_letters_topic(name): Kind.DEAD_LETTER}
        self._sent: dict[int, SentTimes] = {}
        self._old_values, self._sampled_at, self._allowance = OLD_VALUES, 0.0, 0.0
        # The facts that a check waits for, and the early outcomes of the last facts.
        self._pending: Facts | None = None
        self._early: tuple[float, Mapping[int, Intervals]] = (float("inf"), {})

    def add(self, batches: Sequence[Batch], now: float, is_old: bool) -> None:
        """Add what one poll returned; `is_old` where the end of the topics is not reached yet."""
        predictions: list[Outcomes] = []
        for batch in batches:
            if batch.topic == requests_topic(self.name):
                self._add_requests(batch, now, is_old)
            elif batch.topic in self._kinds:
                predictions += self._add_outcomes(batch, self._kinds[batch.topic], now, is_old)
        if predictions:
            found = sum(len(group.entries) for group in predictions)
            for each in pick(predictions, self._most_values(found, now, is_old)):
                written = each.entry.timestamp / 1000 if is_old else now
                self.values.add_prediction(each, self.hour.bucket(written, now), now)

    def add_unreadable(self, error: UnreadableRecords, now: float) -> None:
        """Add records that no client can read: the consumer makes a dead letter of each offset of the requests."""
        if error.topic in self._kinds:
            self.ledger.unreadable += error.next - error.first
        elif error.partition in self.ledger.accounts:
            batch = (error.first, error.next, error.next - error.first)
            self.ledger.add_requests(error.partition, batch, range(error.first, error.next), now)

    def note(self, facts: Facts) -> None:
        """Take new facts; a check that still waits for its outcomes goes on with older ones, but not for ever."""
        if self._pending is None or facts.began - self._pending.began > PENDING_SECONDS:
            self._pending = facts

    @property
    def is_check_due(self) -> bool:
        """Whether there are facts that no check has used."""
        return self._pending is not None

    def check(self, positions: Mapping[Partition, int], now: float, is_old: bool = False) -> None:
        """Look for lost requests once all outcomes are read that the facts know; `positions` are of the outcomes."""
        facts = self._pending
        if facts is None or not self._has_read(facts, positions):
            return
        self._pending = None
        requests = facts.topics.get(requests_topic(self.name))
        ends = {number: bound.end for number, bound in requests.partitions.items()} if requests else {}
        taken_at, early = self._early
        if facts.began <= taken_at:
            early = {}
        self.ledger.check(facts.committed_of(self.name), early, ends, now, is_old)
        self._early = time.monotonic(), self.ledger.early()

    def lag(self, now: float) -> tuple[int, float | None]:
        """Return how many requests wait, and the age of the oldest in seconds where its timestamp tells."""
        oldest = []
        for partition, account in self.ledger.accounts.items():
            offset, times = account.first_waiting(), self._sent.get(partition)
            if offset is not None and times and (sent := times.at(offset)) is not None:
                oldest.append(age(sent, now))
        ages = [found for found in oldest if found is not None]
        return sum(account.row().to_do for account in self.ledger.accounts.values()), max(ages, default=None)

    def _has_read(self, facts: Facts, positions: Mapping[Partition, int]) -> bool:
        topics = facts.topics_of(self.name)
        return all(
            positions.get(Partition(topic, number), -1) >= bound.end
            for topic in self._kinds
            if topic in topics
            for number, bound in topics[topic].partitions.items()
        )

    def _add_requests(self, batch: Batch, now: float, is_old: bool) -> None:
        if batch.partition not in self.ledger.accounts:
            return
        try:
            offsets = batch.offsets()
        except UnreadableRecords as error:
            self.add_unreadable(error, now)
            return
        self.ledger.note_first(batch.partition, possible_time(batch.first_timestamp, now))
        self.ledger.add_requests(batch.partition, (batch.first, batch.next, batch.count), offsets, now)
        self._sent.setdefault(batch.partition, SentTimes()).add(batch.first, batch.first_timestamp)
        sent = batch.max_timestamp / 1000 if is_old else now
        self.hour.bucket(sent, now).requests += batch.count
        self.hour.count_second(sent, now, batch.count, 0)

    def _add_outcomes(self, batch: Batch, kind: Kind, now: float, is_old: bool) -> list[Outcomes]:
        """Add the outcomes of one batch; return its predictions."""
        try:
            groups = read_outcomes(batch, kind, requests_topic(self.name))
        except UnreadableRecords as error:
            log.error("%s: these outcomes are left out", error)
            self.add_unreadable(error, now)
            return []
        written = batch.max_timestamp / 1000 if is_old else now
        bucket = self.hour.bucket(written, now)
        for group in groups:
            self._settle(batch, kind, group, now)
            self.hour.count_second(written, now, 0, len(group.entries))
            if kind is Kind.PREDICTION:
                bucket.predictions += len(group.entries)
                bucket.latencies.update(count(latencies(group.entries)))
            else:
                self._add_dead_letters(group, bucket, now)
        return groups if kind is Kind.PREDICTION else []

    def _add_dead_letters(self, group: Outcomes, bucket: Bucket, now: float) -> None:
        reasons = (printable((entry.values[4] or b"").decode(errors="replace"), 40) for entry in group.entries)
        bucket.add_reasons(Counter(reasons))
        for entry in group.entries[-LAST:]:
            self.values.add_dead_letter(Read(group.batch, entry), self.name, now)

    def _settle(self, batch: Batch, kind: Kind, group: Outcomes, now: float) -> None:
        def place(index: int) -> str:
            return f"{batch.topic}[{batch.partition}]@{group.entries[index].offset}"

        self.ledger.add_outcomes(group.partition, kind, group.offsets, place, now)

    def _most_values(self, found: int, now: float, is_old: bool) -> int:
        """Return how many values to read of `found` predictions: as many as the rate allows, and at least one."""
        if is_old:
            most = max(min(found, self._old_values), found // OLD_SHARE)
            self._old_values = max(0, self._old_values - most)
            return most
        elapsed, self._sampled_at = now - self._sampled_at, now
        self._allowance = min(VALUES_PER_SECOND, self._allowance + VALUES_PER_SECOND * max(0.0, elapsed))
        most = max(1, min(found, int(self._allowance)))
        self._allowance -= most
        return most
