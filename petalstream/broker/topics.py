"""Functions for whole topics: count, read; a group's lag and offsets."""

import contextlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from petalstream.broker.kafka_python.clients import new_reader
from petalstream.broker.kafka_python.consumer import offsets_after, poll
from petalstream.messages import ReceivedRecord

IDLE_SECONDS, READ_SECONDS, POLL_SECONDS, POLL_RECORDS = 30, 5, 0.5, 500
ANSWER_MS = 30_000


@dataclass(frozen=True)
class Lag:
    """A group's position in one partition; `committed` is None if it has not committed there."""

    topic: str
    partition: int
    committed: int | None
    end: int

    @property
    def behind(self) -> int:
        """Return the number of offsets from the committed one to the end."""
        return self.end - (self.committed or 0)


def topics(bootstrap_servers: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the topics whose whole names match, in alphabetical order. Raises KafkaError."""
    with _reading(bootstrap_servers) as consumer:
        return sorted(filter(pattern.fullmatch, consumer.topics()))


def is_committed(bootstrap_servers: str, group: str, records: Iterable[ReceivedRecord]) -> bool:
    """Whether `group` has committed the offsets after `records`. Raises KafkaError."""
    with _reading(bootstrap_servers, group) as consumer:
        return all(
            (consumer.committed(partition, timeout_ms=ANSWER_MS) or 0) >= after.offset
            for partition, after in offsets_after(records).items()
        )


def record_count(bootstrap_servers: str, topic: str) -> int:
    """Return the number of used offsets, including transaction markers; 0 if the topic does not exist."""
    with _reading(bootstrap_servers) as consumer:
        partitions = _partitions(consumer, topic)
        return sum(consumer.end_offsets(partitions).values()) if partitions else 0


def read_topic(bootstrap_servers: str, topic: str, begin: Mapping[int, int] | None = None) -> Iterator[ReceivedRecord]:
    """Return every committed record that is in `topic` now; none if the topic does not exist.

    `begin` maps a partition to its first offset to read, by default its beginning. Raises UnreadableRecords (call it
    again with a `begin` behind them), TimeoutError, KafkaError.
    """
    with _reading(bootstrap_servers) as consumer:
        partitions = _partitions(consumer, topic)
        if not partitions:
            return
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        for number, offset in (begin or {}).items():
            consumer.seek(TopicPartition(topic, number), offset)
        ends = consumer.end_offsets(partitions, timeout_ms=ANSWER_MS)
        progress = time.monotonic()
        while any((consumer.position(partition, ANSWER_MS) or 0) < end for partition, end in ends.items()):
            if found := poll(consumer, POLL_SECONDS, POLL_RECORDS):
                progress = time.monotonic()
                yield from (record for record in found if record.offset < ends[TopicPartition(topic, record.partition)])
            if time.monotonic() > progress + IDLE_SECONDS:
                raise TimeoutError(f"{topic} was not read to its end: no record came for {IDLE_SECONDS} s")


def read_from(
    bootstrap_servers: str, topic: str, partition: int, offset: int | None, most: int
) -> list[ReceivedRecord]:
    """Return up to `most` records of a partition from `offset`, or its beginning; none if none comes for 5 s.

    Raises UnreadableRecords, KafkaError.
    """
    place = TopicPartition(topic, partition)
    with _reading(bootstrap_servers) as consumer:
        consumer.assign([place])
        if offset is None:
            consumer.seek_to_beginning(place)
        else:
            consumer.seek(place, offset)
        return poll(consumer, READ_SECONDS, most)


def lags(bootstrap_servers: str, group: str, topics: str) -> list[Lag]:
    """Return the lag of `group` in each partition of the topics whose whole name matches the regex `topics`."""
    with _reading(bootstrap_servers, group) as consumer:
        found = sorted(topic for topic in consumer.topics() if re.fullmatch(topics, topic))
        partitions = [partition for topic in found for partition in sorted(_partitions(consumer, topic))]
        ends = consumer.end_offsets(partitions, timeout_ms=ANSWER_MS) if partitions else {}
        committed = {place: consumer.committed(place, timeout_ms=ANSWER_MS) for place in partitions}
        return [Lag(place.topic, place.partition, committed[place], ends[place]) for place in partitions]


def commit_offsets(bootstrap_servers: str, group: str, topic: str, offsets: Mapping[int, int]) -> None:
    """Commit an offset for each partition of `topic` given, in a `group` without members. Raises KafkaError."""
    with _reading(bootstrap_servers, group) as consumer:
        places = {TopicPartition(topic, number): OffsetAndMetadata(offset) for number, offset in offsets.items()}
        consumer.assign(list(places))
        consumer.commit(places, timeout_ms=ANSWER_MS)


@contextlib.contextmanager
def _reading(bootstrap_servers: str, group: str | None = None) -> Iterator[KafkaConsumer]:
    consumer = new_reader(bootstrap_servers, group)
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)


def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
