"""Creates every client of kafka-python, with the options that the stack's guarantees need."""

import contextlib
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError

from petalstream.broker.interfaces import (
    BOOTSTRAP_SECONDS,
    FETCH_BYTES,
    FETCH_WAIT_MS,
    HEARTBEAT_MS,
    LINGER_MS,
    MAX_DEAD_LETTER_BYTES,
    METADATA_MS,
    MOST_RECONNECT_MS,
    PARTITION_FETCH_BYTES,
    PRODUCE_BYTES,
    SESSION_MS,
    TRANSACTION_SECONDS,
)
from petalstream.broker.kafka_python.codecs import bound_unpacking
from petalstream.broker.kafka_python.fast_paths import add_quickly, measure_quickly, read_quickly
from petalstream.broker.kafka_python.partitioner import ByKey
from petalstream.broker.kafka_python.producer_workarounds import survive_refusals
from petalstream.broker.kafka_python.sockets import leave_nothing_open
from petalstream.broker.kafka_python.workarounds import work_around

leave_nothing_open()
bound_unpacking()

READER_BOOTSTRAP_SECONDS = 10
# A message of a batch waits longer for the others: sending competes with handing over for the interpreter.
BATCH_LINGER_MS = 100


def new_producer(
    bootstrap_servers: str, delivery_seconds: int, bootstrap_seconds: float = BOOTSTRAP_SECONDS, **options: Any
) -> KafkaProducer:
    """Return an idempotent producer that waits for all replicas; a record fails after `delivery_seconds`."""
    producer = measure_quickly(
        KafkaProducer(
            bootstrap_servers=bootstrap_servers.split(","),
            bootstrap_timeout_ms=int(bootstrap_seconds * 1000),
            acks="all",
            enable_idempotence=True,
            allow_auto_create_topics=False,
            metrics_enabled=False,
            max_request_size=MAX_DEAD_LETTER_BYTES,
            batch_size=PRODUCE_BYTES,
            partitioner=ByKey(),
            request_timeout_ms=delivery_seconds * 1000 // 2,
            delivery_timeout_ms=delivery_seconds * 1000,
            max_block_ms=delivery_seconds * 1000,
            metadata_max_age_ms=METADATA_MS,
            reconnect_backoff_max_ms=MOST_RECONNECT_MS,
            **{"linger_ms": LINGER_MS, **options},
        )
    )
    return survive_refusals(producer)


def new_transactional_producer(
    bootstrap_servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float = BOOTSTRAP_SECONDS
) -> KafkaProducer:
    """Return a producer after it has ended an open transaction of an earlier producer of the same id."""
    producer = add_quickly(
        new_producer(
            bootstrap_servers,
            delivery_seconds,
            bootstrap_seconds,
            linger_ms=BATCH_LINGER_MS,
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_SECONDS * 1000,
        )
    )
    try:
        producer.init_transactions()
    except BaseException:
        close_producer(producer, 0)
        raise
    return producer


def close_producer(producer: KafkaProducer, seconds: float) -> None:
    """Close within `seconds`; messages that the broker has not taken by then are dropped."""
    with contextlib.suppress(KafkaError):
        producer.close(timeout=seconds)
    # If flushing takes longer, close() raises before it ends its thread, which would go on sending.
    producer._sender.force_close()
    producer._sender.join(seconds)


def new_consumer(
    bootstrap_servers: str, group: str, instance_id: str, bootstrap_seconds: float = BOOTSTRAP_SECONDS
) -> tuple[KafkaConsumer, CooperativeStickyAssignor]:
    """Return a consumer in `group` that never commits by itself, and its assignor.

    It reads committed records only: none of an aborted or an open transaction. It raises OffsetOutOfRangeError.
    """
    assignor = CooperativeStickyAssignor()
    consumer = work_around(
        KafkaConsumer(
            bootstrap_servers=bootstrap_servers.split(","),
            bootstrap_timeout_ms=int(bootstrap_seconds * 1000),
            group_id=group,
            group_instance_id=instance_id,
            partition_assignment_strategy=[assignor],
            auto_offset_reset="none",
            isolation_level="read_committed",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            metrics_enabled=False,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            metadata_max_age_ms=METADATA_MS,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            reconnect_backoff_max_ms=MOST_RECONNECT_MS,
        )
    )
    return read_quickly(consumer), assignor


def new_reader(
    bootstrap_servers: str, group: str | None = None, isolation_level: str = "read_committed"
) -> KafkaConsumer:
    """Return a consumer that is no member of a group, by default of committed records.

    With `group` it can read that group's committed offsets, and commit offsets if the group has no member.
    """
    return work_around(
        KafkaConsumer(
            bootstrap_servers=bootstrap_servers.split(","),
            bootstrap_timeout_ms=READER_BOOTSTRAP_SECONDS * 1000,
            group_id=group,
            isolation_level=isolation_level,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            metrics_enabled=False,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            reconnect_backoff_max_ms=MOST_RECONNECT_MS,
        )
    )
