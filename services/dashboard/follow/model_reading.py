"""Where the topics of a model are read from, and how far they are read.

Outcomes of the last hour are read, at most MOST_RECORDS of a topic, and then the requests whose outcomes are surely
among them. An outcome comes after its request, but only the clocks of its writer tell when: the requests begin
SKEW_SECONDS later than the outcomes, by their timestamps.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from petalstream.broker import Batch, BatchReader, Partition
from petalstream.messages import predictions_topic, requests_topic
from services.dashboard.ledger.ledger import ModelLedger
from services.dashboard.ledger.partition_account import Kind
from services.dashboard.status.facts import Bounds, Facts

SPAN_SECONDS, SKEW_SECONDS, MOST_RECORDS = 3600, 60, 200_000
# A reader that needs longer to reach the ends that it knows is behind.
LATE_SECONDS = 5.0
WHOLE = "It begins with the first requests that the topics have."
PARTIAL = f"It leaves out earlier ones: the page began with the last hour, or {MOST_RECORDS:,} records of a topic."


@dataclass
class ModelReading:
    """The partitions that are read of a model; `positions` has the next offset of each.

    `ends` are the ends that are to be reached, known since `ends_at` by time.monotonic(); `is_current` once they were
    reached for the first time. `since` has the time from which on all outcomes of a partition are read, in milliseconds
    since 1970: 0 if all of them are, None until its first batch shows it.
    """

    model: str
    ids: dict[str, str] = field(default_factory=dict)
    positions: dict[Partition, int] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=dict)
    ends_at: float = 0.0
    since: dict[Partition, int | None] = field(default_factory=dict)
    has_requests: bool = False
    is_current: bool = False
    # Topics that cannot be read.
    unreadable: Collection[str] = ()

    def is_of_other_topics(self, facts: Facts) -> bool:
        """Whether a topic was deleted, or created again under its name."""
        found = facts.topics_of(self.model)
        return any(
            topic not in found or (found[topic].topic_id and known and found[topic].topic_id != known)
            for topic, known in self.ids.items()
        )

    @property
    def behind(self) -> int:
        """Return how many offsets are to be read up to `ends`."""
        ends = ((each, end) for each, end in self.ends.items() if each.topic not in self.unreadable)
        return sum(max(0, end - self.positions.get(each, end)) for each, end in ends)

    @property
    def is_catching_up(self) -> bool:
        """Whether old records are read: since the start, or since the reader was slower than the topics."""
        is_late = not self.is_current or time.monotonic() - self.ends_at > LATE_SECONDS
        return is_late and self.behind > 0

    def note(self, batches: Sequence[Batch]) -> None:
        """Note how far the partitions are read, and when the first outcomes were written."""
        for batch in batches:
            partition = Partition(batch.topic, batch.partition)
            self.positions[partition] = batch.next
            if self.since.get(partition, 0) is None:
                self.since[partition] = batch.first_timestamp

    def move(self, reader: BatchReader, now: float) -> None:
        """Note how far the partitions are read, past markers of transactions too."""
        self.positions = {each: reader.position(each, offset) for each, offset in self.positions.items()}
        for partition, since in self.since.items():
            if since is None and self.positions[partition] >= self.ends[partition]:
                self.since[partition] = int(now * 1000)  # it had nothing but markers
        self.is_current = self.is_current or (self.has_requests and not self.behind)

    def update(self, facts: Facts, reader: BatchReader, ledger: ModelLedger, now: float) -> None:
        """Begin to read the partitions that are new, and set the ends that are to be reached. Raises KafkaError."""
        topics, requests = facts.topics_of(self.model), requests_topic(self.model)
        bounds = {
            Partition(topic, number): bound
            for topic, found in topics.items()
            for number, bound in found.partitions.items()
        }
        new = {each: bound for each, bound in bounds.items() if each not in self.positions}
        if outcomes := {each: bound for each, bound in new.items() if each.topic != requests}:
            self._begin_outcomes(outcomes, reader, ledger, now)
        self.ids |= {topic: found.topic_id for topic, found in topics.items()}
        mine = {each: bound for each, bound in new.items() if each.topic == requests}
        if mine and None not in self.since.values():
            self._begin_requests(mine, reader, ledger, now)
        if self.is_current and not self.behind:
            self.ends = {each: bounds[each].stable for each in self.positions if each in bounds}
            self.ends_at = time.monotonic()

    def _begin_outcomes(
        self, new: Mapping[Partition, Bounds], reader: BatchReader, ledger: ModelLedger, now: float
    ) -> None:
        """Begin with the last hour, at most MOST_RECORDS of a topic; topics that appear later with their begin."""
        if self.ids:
            for partition, bound in new.items():
                self._read(partition, bound.begin, bound.stable)
                self.since[partition] = 0
            return
        span = int((now - SPAN_SECONDS) * 1000)
        recent = reader.offsets_at(new, span)
        for partition, (begin, stable, _) in new.items():
            offset = recent.get(partition)
            by_time = stable if offset is None else offset
            share = MOST_RECORDS // sum(each.topic == partition.topic for each in new)
            first = max(begin, by_time, stable - share)
            is_by_time = first == by_time and (first > begin or begin == stable)
            self._read(partition, first, stable)
            self.since[partition] = 0 if first == 0 else span if is_by_time else None
            kind = Kind.PREDICTION if partition.topic == predictions_topic(self.model) else Kind.DEAD_LETTER
            if first > 0 and (kind is Kind.PREDICTION or not is_by_time):
                ledger.cut.add(kind)

    def _begin_requests(
        self, new: Mapping[Partition, Bounds], reader: BatchReader, ledger: ModelLedger, now: float
    ) -> None:
        since = max((each or 0 for each in self.since.values()), default=0)
        from_time = since + SKEW_SECONDS * 1000 if since and not self.has_requests else 0
        offsets = reader.offsets_at(new, from_time) if from_time else {}
        # Outcomes of requests that are written from now on are surely read, whatever the clocks say.
        first_time = min(from_time / 1000, now) or None
        is_whole = True
        for partition, (begin, stable, _) in new.items():
            found = offsets.get(partition)
            by_time = begin if not from_time else stable if found is None else found
            first = max(begin, by_time, begin if self.has_requests else stable - MOST_RECORDS // len(new))
            is_whole = is_whole and first == begin
            self._read(partition, first, stable)
            ledger.open(partition.number, first, first_time)
        if not self.has_requests:
            ledger.edge = WHOLE if is_whole else PARTIAL
        self.has_requests = True

    def _read(self, partition: Partition, first: int, end: int) -> None:
        self.positions[partition], self.ends[partition] = first, end
