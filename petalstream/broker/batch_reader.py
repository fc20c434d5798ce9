"""Reads chosen partitions batch by batch, committed records only, as a member of no group."""

from collections.abc import Collection, Mapping

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from petalstream.broker.errors import KafkaError, UnreadableRecords
from petalstream.broker.interfaces import MOST_RECONNECT_MS
from petalstream.broker.kafka_python.batches import Batch, read_batches
from petalstream.broker.kafka_python.consumer import poll
from petalstream.broker.kafka_python.fast_paths import read_quickly
from petalstream.broker.kafka_python.offsets import naming_topics
from petalstream.broker.kafka_python.workarounds import work_around
from petalstream.broker.partitions import Partition

BOOTSTRAP_SECONDS, ANSWER_MS, MOST_BATCHES = 10, 10_000, 500
# A fetch waits until there are so many bytes, or for so long: few large fetches take less than many small ones.
FETCH_LEAST_BYTES, FETCH_WAIT_MS = 1024 * 1024, 400
FETCH_BYTES, PARTITION_FETCH_BYTES = 4 * 1024 * 1024, 1024 * 1024


class PositionsGone(KafkaError):  # type: ignore[misc]
    """The logs of these partitions do not hold the offsets at which they were to be read on."""

    def __init__(self, partitions: Collection[Partition]) -> None:
        super().__init__(f"{', '.join(map(str, sorted(partitions)))}: the next records to read have been deleted")
        self.partitions = frozenset(partitions)


class BatchReader:
    """One client for any number of partitions. Each method raises KafkaError."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._consumer = _new_consumer(bootstrap_servers)
        self._assigned: set[Partition] = set()

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read these partitions and no others: one that is read goes on, a new one begins at its offset."""
        self._consumer.assign([TopicPartition(*each) for each in positions])
        for partition, offset in positions.items():
            if partition not in self._assigned:
                self._consumer.seek(TopicPartition(*partition), offset)
        self._assigned = set(positions)

    def poll(self, seconds: float) -> list[Batch]:
        """Return the next batches, in order within each partition; none if none arrives in time.

        Raises UnreadableRecords (call skip() then), UnreadableTopics, PositionsGone.
        """
        try:
            with naming_topics():
                records = poll(self._consumer, seconds, MOST_BATCHES)
        except OffsetOutOfRangeError as error:
            raise PositionsGone([Partition(*each) for each in error.args[0]]) from error
        return [record.value for record in records]  # type: ignore[misc]

    def skip(self, error: UnreadableRecords) -> None:
        """Read on after records that cannot be read."""
        self._consumer.seek(TopicPartition(error.topic, error.partition), error.next)

    def position(self, partition: Partition, default: int) -> int:
        """Return the offset up to which a partition was read, markers of transactions included.

        `default` is that of a partition that is not assigned, or not begun.
        """
        if partition not in self._assigned:
            return default
        try:
            found: int | None = self._consumer.position(TopicPartition(*partition), timeout_ms=0)
        except KafkaError:
            found = None
        return default if found is None else found

    def offsets_at(self, partitions: Collection[Partition], milliseconds: int) -> dict[Partition, int | None]:
        """Return the first offset whose timestamp is not before this time (since 1970); None where there is none."""
        times = {TopicPartition(*each): milliseconds for each in partitions}
        found = self._consumer.offsets_for_times(times, timeout_ms=ANSWER_MS) if times else {}
        return {Partition(*each): offset and offset.offset for each, offset in found.items()}

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close(autocommit=False, timeout_ms=1000)


def _new_consumer(servers: str) -> KafkaConsumer:
    consumer = work_around(
        KafkaConsumer(
            bootstrap_servers=servers.split(","),
            bootstrap_timeout_ms=BOOTSTRAP_SECONDS * 1000,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="none",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            metrics_enabled=False,
            fetch_min_bytes=FETCH_LEAST_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            reconnect_backoff_max_ms=MOST_RECONNECT_MS,
        )
    )
    return read_batches(read_quickly(consumer))
