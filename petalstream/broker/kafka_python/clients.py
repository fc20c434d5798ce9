"""Every client of kafka-python is made here, with the options that the stack's promises need."""

import contextlib
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
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
from petalstream.broker.kafka_python.fast_paths import add_quickly, measure_quickly, read_quickly
from petalstream.broker.kafka_python.partitioner import ByKey
from petalstream.broker.kafka_python.producer_workarounds import survive_refusals
from petalstream.broker.kafka_python.sockets import leave_nothing_open
from petalstream.broker.kafka_python.workarounds import mend

leave_nothing_open()

READER_BOOTSTRAP_SECONDS = 10
# A message of a batch waits longer for the others, until all of them are handed over: to send takes the interpreter.
BATCH_LINGER_MS = 100


def new_producer(
    bootstrap_servers: str, delivery_seconds: int, bootstrap_seconds: float = BOOTSTRAP_SECONDS, **options: Any
) -> KafkaProducer:
    """An idempotent producer that waits for all replicas; a record not taken in `delivery_seconds` has failed."""
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
            reconnect_backoff_max_ms=MOST_RECONNECT_MS,
            **{"linger_ms": LINGER_MS, **options},
        )
    )
    return survive_refusals(producer)


def new_transactional_producer(
    bootstrap_servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float = BOOTSTRAP_SECONDS
) -> KafkaProducer:
    """A producer whose open transaction, and that of any earlier one of the same id, is ended before it returns."""
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
    """Close within `seconds`; what the broker has not taken by then is not sent any more."""
    with contextlib.suppress(KafkaError):
        producer.close(timeout=seconds)
    # Where flushing takes longer, close() raises before it ends its thread, which would go on sending.
    producer._sender.force_close()
    producer._sender.join(seconds)


def new_consumer(
    bootstrap_servers: str, group: str, instance_id: str, bootstrap_seconds: float = BOOTSTRAP_SECONDS
) -> KafkaConsumer:
    """A consumer in `group` that commits nothing by itself and starts a new group at the earliest record.

    It reads what is committed only: of a transaction that was aborted nothing, of an open one nothing yet.
    """
    consumer = mend(
        KafkaConsumer(
            bootstrap_servers=bootstrap_servers.split(","),
            bootstrap_timeout_ms=int(bootstrap_seconds * 1000),
            group_id=group,
            group_instance_id=instance_id,
            auto_offset_reset="earliest",
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
    return read_quickly(consumer)


def new_reader(bootstrap_servers: str, group: str | None = None) -> KafkaConsumer:
    """A consumer that reads what is committed of topics, without becoming a member of a group.

    With `group` it can ask for that group's committed offsets, and commit some where the group has no member.
    """
    return mend(
        KafkaConsumer(
            bootstrap_servers=bootstrap_servers.split(","),
            bootstrap_timeout_ms=READER_BOOTSTRAP_SECONDS * 1000,
            group_id=group,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
        )
    )
