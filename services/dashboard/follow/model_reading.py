"""Where the topics of a model are read from, and how far they are read.

Outcomes of the last hour are read, at most MOST_RECORDS of a topic, and then the requests whose outcomes are surely
among them. An outcome comes after its request, but only the clocks of its writer tell when: the requests begin
SKEW_SECONDS later than the outcomes, by their timestamps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from petalstream.broker import Batch, BatchReader, Partition
from petalstream.messages import requests_topic
from services.dashboard.ledger.ledger import ModelLedger
from services.dashboard.status.facts import Facts

SPAN_SECONDS, SKEW_SECONDS, MOST_RECORDS = 3600, 60, 200_000
WHOLE = "It begins with the first requests that the topics have."
PARTIAL = f"It leaves out earlier ones: the page began with the last hour, or {MOST_RECORDS:,} records of a topic."


@dataclass
class ModelReading:
    """The partitions that are read of a model; `positions` has the next offset of each.

    `since` has the time from which on all outcomes of a partition are read, in milliseconds since 1970: 0 if all of
    them are, None until its first batch tells.
    """

    model: str
    ids: dict[str, str] = field(default_factory=dict)
    positions: dict[Partition, int] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=dict)
    since: dict[Partition, int | None] = field(default_factory=dict)
    has_requests: bool = False

    def is_of_other_topics(self, facts: Facts) -> bool:
        """Whether a topic was deleted, or created again under its name."""
        found = facts.topics_of(self.model)
        return any(topic not in found or found[topic].topic_id != known for topic, known in self.ids.items())

    @property
    def behind(self) -> int:
        """Return how many offsets are not read yet of those that there were in the beginning."""
        return sum(max(0, end - self.positions.get(each, end)) for each, end in self.ends.items())

    def note(self, batches: Sequence[Batch]) -> None:
        """Note how far the partitions are read, and when the first outcomes were written."""
        for batch in batches:
            partition = Partition(batch.topic, batch.partition)
            self.positions[partition] = batch.next
            if self.since.get(partition, 0) is None:
                self.since[partition] = batch.first_timestamp

    def move(self, reader: BatchReader) -> None:
        """Note how far the partitions are read, past markers of transactions too."""
        self.positions = {each: reader.position(each, offset) for each, offset in self.positions.items()}

    def update(self, facts: Facts, reader: BatchReader, ledger: ModelLedger, now: float) -> None:
        """Begin to read the partitions that are new. Raises KafkaError."""
        topics, requests = facts.topics_of(self.model), requests_topic(self.model)
        is_first = not self.ids
        self.ids |= {topic: found.topic_id for topic, found in topics.items()}
        bounds = {
            Partition(topic, number): bound
            for topic, found in topics.items()
            for number, bound in found.partitions.items()
        }
        outcomes = {each: bound for each, bound in bounds.items() if each.topic != requests}
        self._begin_outcomes(
            {each: outcomes[each] for each in outcomes if each not in self.positions}, reader, is_first, now
        )
        mine = {each: bound for each, bound in bounds.items() if each.topic == requests and each not in self.positions}
        if mine and None not in self.since.values():
            self._begin_requests(mine, reader, ledger, now)

    def _begin_outcomes(
        self, new: Mapping[Partition, tuple[int, int]], reader: BatchReader, is_first: bool, now: float
    ) -> None:
        span = int((now - SPAN_SECONDS) * 1000)
        recent = reader.offsets_at(new, span) if is_first else {}
        for partition, (begin, end) in new.items():
            offset = recent.get(partition)
            by_time = begin if not is_first else end if offset is None else offset
            share = MOST_RECORDS // sum(each.topic == partition.topic for each in new)
            first = max(begin, by_time, end - share if is_first else begin)
            self._read(partition, first, end)
            if first == 0 or not is_first:
                self.since[partition] = 0
            elif first >= end:
                self.since[partition] = int(now * 1000)
            elif first == by_time > begin:
                self.since[partition] = span
            else:
                self.since[partition] = None

    def _begin_requests(
        self, new: Mapping[Partition, tuple[int, int]], reader: BatchReader, ledger: ModelLedger, now: float
    ) -> None:
        since = max((each or 0 for each in self.since.values()), default=0)
        from_time = since + SKEW_SECONDS * 1000 if since and not self.has_requests else 0
        offsets = reader.offsets_at(new, from_time) if from_time else {}
        # Outcomes of requests that are written from now on are surely read, whatever the clocks say.
        first_time = min(from_time / 1000, now) or None
        is_whole = True
        for partition, (begin, end) in new.items():
            found = offsets.get(partition)
            by_time = begin if not from_time else end if found is None else found
            first = max(begin, by_time, begin if self.has_requests else end - MOST_RECORDS // len(new))
            is_whole = is_whole and first == begin
            self._read(partition, first, end)
            ledger.open(partition.number, first, first_time)
        if not self.has_requests:
            ledger.is_partial = bool(from_time)
            ledger.edge = WHOLE if is_whole else PARTIAL
        self.has_requests = True

    def _read(self, partition: Partition, first: int, end: int) -> None:
        self.positions[partition], self.ends[partition] = first, end
