"""Functions for topics that need one client each: list, count; what a group has committed."""

import contextlib
import re
from collections.abc import Iterable, Iterator

from kafka import KafkaConsumer, TopicPartition

from petalstream.broker.kafka_python.clients import new_reader
from petalstream.broker.kafka_python.consumer import poll
from petalstream.broker.partitions import positions_after
from petalstream.messages import ReceivedRecord

READ_SECONDS = 5
ANSWER_MS = 30_000


def topics(bootstrap_servers: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the topics whose whole names match, in alphabetical order. Raises KafkaError."""
    with _reading(bootstrap_servers) as consumer:
        return sorted(filter(pattern.fullmatch, consumer.topics()))


def is_committed(bootstrap_servers: str, group: str, records: Iterable[ReceivedRecord]) -> bool:
    """Whether `group` has committed the offsets after `records`. Raises KafkaError."""
    with _reading(bootstrap_servers, group) as consumer:
        return all(
            (consumer.committed(TopicPartition(*partition), timeout_ms=ANSWER_MS) or 0) >= after.offset
            for partition, after in positions_after(records).items()
        )


def record_count(bootstrap_servers: str, topic: str) -> int:
    """Return the number of used offsets, including transaction markers; 0 if the topic does not exist."""
    with _reading(bootstrap_servers) as consumer:
        partitions = _partitions(consumer, topic)
        return sum(consumer.end_offsets(partitions).values()) if partitions else 0


def read_from(
    bootstrap_servers: str, topic: str, partition: int, offset: int | None, most: int
) -> list[ReceivedRecord]:
    """Return up to `most` records of a partition from `offset`, or its beginning; none if none comes for 5 s.

    Raises UnreadableRecords, KafkaError.
    """
    topic_partition = TopicPartition(topic, partition)
    with _reading(bootstrap_servers) as consumer:
        consumer.assign([topic_partition])
        if offset is None:
            consumer.seek_to_beginning(topic_partition)
        else:
            consumer.seek(topic_partition, offset)
        return poll(consumer, READ_SECONDS, most)


@contextlib.contextmanager
def _reading(bootstrap_servers: str, group: str | None = None) -> Iterator[KafkaConsumer]:
    consumer = new_reader(bootstrap_servers, group)
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)


def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
