"""Counts the records that a group has still to read.

Offsets are more than records: each transaction takes one for its marker in every partition it wrote to, aborted
transactions leave theirs, and compaction removes records. Only reading tells, so that a bounded part is read.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from petalstream.broker.errors import KafkaError, UnreadableRecords
from petalstream.broker.kafka_python.clients import new_reader
from petalstream.broker.kafka_python.consumer import poll
from petalstream.broker.lag import Lag

# Of each partition, and for all of them together.
MOST_RECORDS, MOST_SECONDS = 2_000, 5
POLL_SECONDS, POLL_RECORDS, POSITION_MS = 0.5, 500, 5_000
Ranges = Mapping[TopicPartition, tuple[int, int]]


@dataclass(frozen=True)
class Backlog:
    """The records that wait in a range of offsets, at most so many unless `is_exact`.

    `oldest` is the timestamp of the first one in milliseconds since 1970, and None where none was read.
    """

    records: int = 0
    is_exact: bool = True
    oldest: int | None = None


@dataclass(frozen=True)
class PartitionBacklog:
    """What a group has still to read in one partition: now, and behind an open transaction.

    Which records of `blocked` an open transaction then aborts nobody knows yet.
    """

    lag: Lag
    readable: Backlog
    blocked: Backlog

    @property
    def records(self) -> int:
        """Return the number of records that wait."""
        return self.readable.records + self.blocked.records

    @property
    def is_exact(self) -> bool:
        """Whether exactly so many records wait, and not at most so many."""
        return self.readable.is_exact and not self.blocked.records

    @property
    def oldest(self) -> int | None:
        """Return the timestamp of the first record that waits in milliseconds since 1970, None if none was read."""
        return self.readable.oldest if self.readable.records else self.blocked.oldest


def backlogs(bootstrap_servers: str, lags: Sequence[Lag]) -> list[PartitionBacklog]:
    """Return the backlog of each partition, counted by reading; takes up to about 10 s. Raises KafkaError.

    What is not read in that time counts by its offsets.
    """
    by_partition = {TopicPartition(lag.topic, lag.partition): lag for lag in lags}
    readable = {partition: (lag.position, lag.stable) for partition, lag in by_partition.items()}
    blocked = {partition: (max(lag.position, lag.stable), lag.end) for partition, lag in by_partition.items()}
    now = _count(bootstrap_servers, readable, "read_committed")
    later = _count(bootstrap_servers, blocked, "read_uncommitted")
    nothing = Backlog()
    return [
        PartitionBacklog(lag, now.get(partition, nothing), later.get(partition, nothing))
        for partition, lag in by_partition.items()
    ]


def _count(servers: str, ranges: Ranges, isolation: str) -> dict[TopicPartition, Backlog]:
    """Return the backlog of each range that is not empty."""
    waiting = {partition: between for partition, between in ranges.items() if between[0] < between[1]}
    if not waiting:
        return {}
    consumer = new_reader(servers, isolation_level=isolation)
    with closing(_Counting(consumer, waiting)) as counting:
        counting.run(time.monotonic() + MOST_SECONDS)
        return {partition: counting.backlog(partition) for partition in waiting}


class _Counting:
    """Counts the records of ranges; `_reached` is the offset up to which they are counted."""

    def __init__(self, consumer: KafkaConsumer, ranges: Ranges) -> None:
        self._consumer, self._ranges = consumer, ranges
        self._records = dict.fromkeys(ranges, 0)
        self._oldest: dict[TopicPartition, int] = {}
        self._reached = {partition: begin for partition, (begin, _) in ranges.items()}
        consumer.assign(list(ranges))
        for partition, begin in self._reached.items():
            consumer.seek(partition, begin)

    def run(self, end: float) -> None:
        """Read until each range is counted or has given MOST_RECORDS, or the clock shows `end`."""
        unread = set(self._ranges)
        while unread and time.monotonic() < end:
            try:
                self._poll()
            except UnreadableRecords as error:
                self._pass_over(error)
            except KafkaError:  # such as a codec that is not installed: the rest counts by its offsets
                return
            # A partition of which enough is read must not take the time of the others.
            done = {partition for partition in unread if self._is_done(partition)}
            self._consumer.pause(*done)
            unread -= done

    def backlog(self, partition: TopicPartition) -> Backlog:
        """Return what was counted, and the offsets that were not read."""
        unread = max(0, self._ranges[partition][1] - self._reached[partition])
        return Backlog(self._records[partition] + unread, unread == 0, self._oldest.get(partition))

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close(autocommit=False, timeout_ms=1000)

    def _poll(self) -> None:
        for record in poll(self._consumer, POLL_SECONDS, POLL_RECORDS):
            partition = TopicPartition(record.topic, record.partition)
            if record.offset < self._ranges[partition][1]:
                self._records[partition] += 1
                self._oldest.setdefault(partition, record.timestamp)
        for partition in self._ranges:
            self._reached[partition] = self._consumer.position(partition, POSITION_MS) or self._reached[partition]

    def _pass_over(self, error: UnreadableRecords) -> None:
        """Count each unreadable offset as a record: it gets a dead letter."""
        partition = TopicPartition(error.topic, error.partition)
        self._records[partition] += min(error.next, self._ranges[partition][1]) - error.first
        self._reached[partition] = error.next
        self._consumer.seek(partition, error.next)

    def _is_done(self, partition: TopicPartition) -> bool:
        return self._reached[partition] >= self._ranges[partition][1] or self._records[partition] >= MOST_RECORDS
