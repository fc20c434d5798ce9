"""The one door to Kafka: every client is made here, with the options that the stack's promises need."""

import contextlib
import time
from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError, TopicAlreadyExistsError

from petalstream.messages import Message, ReceivedRecord, dead_letters_topic, predictions_topic, requests_topic

__all__ = [
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "commit_through",
    "create_topics",
    "new_consumer",
    "new_producer",
    "read_topic",
    "record_count",
    "send",
]

BOOTSTRAP_SECONDS = 30
COMMIT_SECONDS = 8
MAX_DEAD_LETTER_BYTES = 2 * 1024 * 1024


def new_producer(bootstrap_servers: str, delivery_seconds: int) -> KafkaProducer:
    """An idempotent producer that waits for all replicas; a record not taken in `delivery_seconds` has failed."""
    return KafkaProducer(
        bootstrap_servers=bootstrap_servers.split(","),
        bootstrap_timeout_ms=BOOTSTRAP_SECONDS * 1000,
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        request_timeout_ms=delivery_seconds * 1000 // 2,
        delivery_timeout_ms=delivery_seconds * 1000,
        max_block_ms=delivery_seconds * 1000,
        reconnect_backoff_max_ms=1000,
    )


def new_consumer(bootstrap_servers: str, group: str, instance_id: str) -> KafkaConsumer:
    """A consumer in `group` that commits nothing by itself and starts a new group at the earliest record."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers.split(","),
        bootstrap_timeout_ms=BOOTSTRAP_SECONDS * 1000,
        group_id=group,
        group_instance_id=instance_id,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        metadata_max_age_ms=5_000,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        reconnect_backoff_max_ms=1000,
    )
    _keep_assignments(consumer._coordinator)
    return consumer


def _keep_assignments(coordinator: Any) -> None:
    """Have a consumer join again when a poll ran out of time while it was joining.

    kafka-python 3.0.12 lets the join go on in the background, but where it was for a new topic or partition, the next
    poll sees no reason to rejoin, never looks at the join's outcome, and the consumer has no partitions for ever.
    """
    needed = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: coordinator._join_task is not None or needed()


def create_topics(bootstrap_servers: str, model: str, partitions: int) -> None:
    """Create what is missing of a model's three topics; those that exist already are left as they are."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers.split(","))
    configs: dict[str, dict[str, str]] = {
        requests_topic(model): {},
        predictions_topic(model): {},
        # Headers are added to a record on its way to the dead letters, so it must be allowed to grow.
        dead_letters_topic(model): {"max.message.bytes": str(MAX_DEAD_LETTER_BYTES)},
    }
    try:
        for topic, config in configs.items():
            with contextlib.suppress(TopicAlreadyExistsError):
                admin.create_topics({topic: {"num_partitions": partitions, "configs": config}}, wait_for_metadata=True)
    finally:
        admin.close()


def send(producer: KafkaProducer, message: Message) -> Any:
    """Hand one message to the producer; the future's get() raises KafkaError where the broker did not take it."""
    return producer.send(message.topic, message.value, message.key, message.headers)


def commit_through(consumer: KafkaConsumer, records: Iterable[ReceivedRecord]) -> None:
    """Commit, explicitly, the offset after the last of `records` in each of their partitions."""
    offsets: dict[TopicPartition, OffsetAndMetadata] = {}
    for record in records:
        offsets[TopicPartition(record.topic, record.partition)] = OffsetAndMetadata(record.offset + 1)
    consumer.commit(offsets, timeout_ms=COMMIT_SECONDS * 1000)


def record_count(bootstrap_servers: str, topic: str) -> int:
    """How many records were ever written to `topic`; 0 where there is no such topic."""
    consumer = _reader(bootstrap_servers)
    try:
        partitions = _partitions(consumer, topic)
        return sum(consumer.end_offsets(partitions).values()) if partitions else 0
    finally:
        consumer.close()


def read_topic(bootstrap_servers: str, topic: str, seconds: float = 30) -> list[ReceivedRecord]:
    """Every record now in `topic`, read without a group; none where there is no such topic. Raises TimeoutError."""
    consumer = _reader(bootstrap_servers)
    try:
        partitions = _partitions(consumer, topic)
        if not partitions:
            return []
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        records: list[ReceivedRecord] = []
        deadline = time.monotonic() + seconds
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} was not read to its end within {seconds:g} s; got {len(records)} records")
            for found in consumer.poll(timeout_ms=500).values():
                records.extend(found)
        return records
    finally:
        consumer.close()


def _reader(bootstrap_servers: str) -> KafkaConsumer:
    """A consumer without a group."""
    return KafkaConsumer(
        bootstrap_servers=bootstrap_servers.split(","), enable_auto_commit=False, allow_auto_create_topics=False
    )


def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
