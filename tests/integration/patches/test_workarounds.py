"""kafka-python's consumer still needs the patches in workarounds.py, and has no defect with them."""

import gc
import weakref
from contextlib import closing
from types import MethodType, SimpleNamespace

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import CompletedFetch, Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.memory_records import MemoryRecords

from embedded.waiting import wait_until
from petalstream.broker.kafka_python import clients, workarounds
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, without
from tests.unit.consumer.batches import CHECKSUM, LAST_OFFSET_DELTA, PARTITION, altered, batch, taken

TOPIC, RECORDS, ROUNDS = "patches", 10, 20


def test_the_client_names_no_coordinates_where_the_broker_finds_a_corrupt_batch() -> None:
    # With the patch: tests/unit/petalstream/test_unreadable.py.
    subscriptions = SimpleNamespace(is_fetchable=lambda partition: True, move_partition_to_end=lambda partition: None)
    fetcher = SimpleNamespace(_subscriptions=subscriptions)
    answer = SimpleNamespace(error_code=CorruptRecordError.errno, high_watermark=-1)
    with pytest.raises(CorruptRecordError) as raised:
        MethodType(Fetcher._parse_fetched_data, fetcher)(CompletedFetch(PARTITION, 17, 12, answer, None))
    assert_needed("workarounds._name_coordinates", "17" not in str(raised.value))


def test_the_client_keeps_records_that_it_cannot_read_and_returns_nothing_of_them() -> None:
    # With the patch: tests/unit/petalstream/test_unreadable.py. The client's poll() loops while the records are there.
    records = Fetcher.PartitionRecords(10, PARTITION, MemoryRecords(altered(batch(10), CHECKSUM, 0)))
    with pytest.raises(CorruptRecordError):
        records.take(1)
    assert_needed("workarounds.Records", bool(records) and records.take(1) == [])


def test_the_client_fails_at_a_corrupt_batch_that_is_before_the_wanted_offset() -> None:
    # The broker sends it, because it claims to reach beyond the wanted offset.
    batches = altered(batch(10), LAST_OFFSET_DELTA, 1_000), batch(13)
    assert taken(13, *batches) == [13, 14, 15]
    try:
        Fetcher.PartitionRecords(13, PARTITION, MemoryRecords(b"".join(batches))).take(100)
        is_corrupt = False
    except CorruptRecordError:
        is_corrupt = True
    assert_needed("workarounds.Batches", is_corrupt)


class Batch:
    """What the caller of a poll holds."""


def poll_with_a_batch(consumer: KafkaConsumer) -> "weakref.ref[Batch]":
    """Poll until the timeout; return a reference to what this function held meanwhile."""
    held = Batch()
    assert consumer.poll(timeout_ms=100) == {}
    return weakref.ref(held)


def is_freed(broker: LocalBroker) -> bool:
    """Whether a poll timeout keeps nothing of its callers while the fetch is in flight."""
    with closing(clients.new_reader(broker.servers)) as consumer:
        consumer.assign([TopicPartition(TOPIC, 0)])
        consumer.seek_to_beginning()
        consumer.position(TopicPartition(TOPIC, 0), SECONDS * 1000)
        with broker.paused():
            held = poll_with_a_batch(consumer)
            gc.collect()
            return held() is None


def test_the_client_keeps_the_frames_of_a_poll_that_timed_out(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    with without(workarounds, "_clear_tracebacks"):
        assert_needed("workarounds._clear_tracebacks", not is_freed(kafka_broker))
    assert is_freed(kafka_broker)


def read_resumed(broker: LocalBroker) -> list[int]:
    """Return the offsets that a consumer gets of a partition that was paused while another one was read."""
    with closing(clients.new_reader(broker.servers)) as consumer:
        consumer.assign([TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)])
        consumer.seek_to_beginning()
        found: dict[TopicPartition, list[int]] = {partition: [] for partition in consumer.assignment()}

        def poll(most: int) -> set[TopicPartition]:
            for partition, records in consumer.poll(timeout_ms=200, max_records=most).items():
                found[partition] += [record.offset for record in records]
            return {partition for partition, offsets in found.items() if offsets}

        (paused,) = wait_until(lambda: poll(1), "the first record", SECONDS)
        consumer.pause(paused)
        wait_until(lambda: len(poll(1)) == 2, "a record of the other partition", SECONDS)
        consumer.resume(paused)
        for _ in range(ROUNDS):
            poll(100)
            if all(len(offsets) == RECORDS for offsets in found.values()):
                break
        return found[paused]


def test_the_client_returns_no_record_of_a_resumed_partition(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC, partitions=2)
    with closing(clients.new_producer(kafka_broker.servers, SECONDS)) as producer:
        for number in range(2 * RECORDS):
            producer.send(TOPIC, b"value", partition=number % 2)
    with without(workarounds, "_return_parked_records"):
        assert_needed("workarounds._return_parked_records", read_resumed(kafka_broker) == [0])
    assert read_resumed(kafka_broker) == list(range(RECORDS))
