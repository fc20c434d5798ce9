"""A topic of one partition of which Kafka keeps the last record of each key: state that several processes share."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import TopicAlreadyExistsError

from petalstream.broker.errors import KafkaError, KafkaTimeoutError, UnreadableRecords
from petalstream.broker.kafka_python.clients import close_producer, new_producer, new_reader
from petalstream.broker.kafka_python.consumer import poll
from petalstream.messages import ReceivedRecord

BOOTSTRAP_SECONDS, WRITE_SECONDS, READ_SECONDS, CLOSE_SECONDS = 3, 3, 10, 0.5
POLL_SECONDS, POLL_RECORDS = 0.5, 500
log = logging.getLogger(__name__)


def create_compacted_topic(bootstrap_servers: str, topic: str) -> None:
    """Create `topic` if it is missing. Raises KafkaError."""
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap_servers.split(","), bootstrap_timeout_ms=BOOTSTRAP_SECONDS * 1000
    )
    try:
        with suppress(TopicAlreadyExistsError):
            # Uncompressed, a reader needs no codec, whatever the writer compresses with.
            configs = {"cleanup.policy": "compact", "compression.type": "uncompressed"}
            wanted = {"num_partitions": 1, "configs": configs}
            admin.create_topics({topic: wanted}, wait_for_metadata=True)
    finally:
        admin.close()


def write_compacted(bootstrap_servers: str, topic: str, records: Mapping[bytes, bytes]) -> int:
    """Write values by key and return the last offset after all replicas have acknowledged all. Raises KafkaError.

    Takes up to about 10 s; after an error some may have been written or not.
    """
    producer = new_producer(bootstrap_servers, WRITE_SECONDS, BOOTSTRAP_SECONDS)
    try:
        sent = [producer.send(topic, value, key, partition=0) for key, value in records.items()]
        return max(int(future.get(timeout=WRITE_SECONDS).offset) for future in sent)
    finally:
        close_producer(producer, CLOSE_SECONDS)


class CompactedReader:
    """Reads a compacted topic to its end, then follows it. Skips bytes that cannot be read as records."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        """Connect to the broker. Raises KafkaError."""
        self._partition = TopicPartition(topic, 0)
        self._consumer = new_reader(bootstrap_servers)

    def read_to_end(self) -> Iterator[ReceivedRecord]:
        """Yield every record that the topic holds now; none if there is no such topic. Raises KafkaError."""
        if not self._consumer.partitions_for_topic(self._partition.topic):
            return
        self._consumer.assign([self._partition])
        self._consumer.seek_to_beginning()
        answer_ms = READ_SECONDS * 1000
        end = self._consumer.end_offsets([self._partition], timeout_ms=answer_ms)[self._partition]
        progress = time.monotonic()
        while (self._consumer.position(self._partition, answer_ms) or 0) < end:
            if records := self.poll():
                progress = time.monotonic()
                yield from records
            elif time.monotonic() > progress + READ_SECONDS:
                raise KafkaTimeoutError(
                    f"{self._partition.topic} was not read to its end: no record in {READ_SECONDS} s"
                )

    @property
    def is_reading(self) -> bool:
        """Whether read_to_end() has found the topic."""
        return bool(self._consumer.assignment())

    def poll(self) -> list[ReceivedRecord]:
        """Return the next records, in order; none if none arrives in 0.5 s. Raises KafkaError."""
        try:
            return poll(self._consumer, POLL_SECONDS, POLL_RECORDS)
        except UnreadableRecords as error:
            log.error("%s; skipped", error)
            self._consumer.seek(self._partition, error.next)
            return []

    def close(self) -> None:
        """Close the connections."""
        with suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=int(CLOSE_SECONDS * 1000))
