"""Reads whole topics, committed records only."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing

from kafka import TopicPartition

from petalstream.broker.kafka_python.clients import new_reader
from petalstream.broker.kafka_python.consumer import poll
from petalstream.messages import ReceivedRecord

IDLE_SECONDS, POLL_SECONDS, POLL_RECORDS = 30, 0.5, 500
ANSWER_MS = 30_000


class TopicReader:
    """One client for any number of topics. Each method raises KafkaError."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._consumer = new_reader(bootstrap_servers)

    def topics(self, pattern: re.Pattern[str]) -> list[str]:
        """Return the topics whose whole names match, in alphabetical order."""
        return sorted(filter(pattern.fullmatch, self._consumer.topics()))

    def ends(self, topic: str) -> dict[int, int]:
        """Return the last stable offset of each partition; none if the topic does not exist."""
        partitions = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic) or ()]
        ends = self._consumer.end_offsets(partitions, timeout_ms=ANSWER_MS) if partitions else {}
        return {partition: end for (_, partition), end in ends.items()}

    def read(self, topic: str, begin: Mapping[int, int] | None = None) -> Iterator[ReceivedRecord]:
        """Yield every committed record that is in `topic` now; none if the topic does not exist.

        `begin` maps a partition to its first offset to read, by default its beginning. Raises UnreadableRecords (call
        it again with a `begin` behind them), TimeoutError.
        """
        ends = {TopicPartition(topic, partition): end for partition, end in self.ends(topic).items()}
        if not ends:
            return
        consumer = self._consumer
        consumer.assign(list(ends))
        consumer.seek_to_beginning()
        for partition, offset in (begin or {}).items():
            consumer.seek(TopicPartition(topic, partition), offset)
        progress = time.monotonic()
        while any((consumer.position(partition, ANSWER_MS) or 0) < end for partition, end in ends.items()):
            if found := poll(consumer, POLL_SECONDS, POLL_RECORDS):
                progress = time.monotonic()
                yield from (record for record in found if record.offset < ends[TopicPartition(topic, record.partition)])
            if time.monotonic() > progress + IDLE_SECONDS:
                raise TimeoutError(f"{topic} was not read to its end: no record came for {IDLE_SECONDS} s")

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close(autocommit=False, timeout_ms=1000)


def read_topic(bootstrap_servers: str, topic: str, begin: Mapping[int, int] | None = None) -> Iterator[ReceivedRecord]:
    """Yield every committed record of one topic, as TopicReader.read() does."""
    with closing(TopicReader(bootstrap_servers)) as reader:
        yield from reader.read(topic, begin)
