"""confluent-kafka still has the defects that petalstream/broker/confluent works around."""

import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from typing import Any

import confluent_kafka
import kafka
import pytest
from confluent_kafka import TopicPartition

from embedded.waiting import wait_until
from petalstream.broker.confluent.options import consumer_options
from petalstream.broker.confluent.partitions import BY_KEY
from petalstream.broker.confluent.producer import Producer
from petalstream.broker.errors import KafkaTimeoutError
from petalstream.broker.kafka_python import clients
from petalstream.broker.partitions import Partition, Position
from petalstream.messages import Message
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, within

# What a client does without a patch changes with its version alone.
pytestmark = pytest.mark.long

TOPIC, PARTITION = "patches", TopicPartition("patches", 0)
DELIVERY_SECONDS, READS = 8, 50
GOOD, BAD = Message(TOPIC, b"key", b"value", []), Message(TOPIC, None, b"value", [])


@contextmanager
def joined(servers: str) -> Iterator[confluent_kafka.Consumer]:
    """A member of a group of its own that has the partition."""
    consumer = confluent_kafka.Consumer(consumer_options(servers, uuid.uuid4().hex, "own"))
    try:
        consumer.subscribe([TOPIC])
        wait_until(lambda: consumer.poll(0.1) or consumer.assignment(), "an assignment", SECONDS)
        yield consumer
    finally:
        consumer.close()


def test_the_client_returns_what_follows_committed_metadata_in_memory(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    group, whole = uuid.uuid4().hex, "x" * 24  # all that is allocated for it
    with closing(clients.new_reader(kafka_broker.servers, group)) as reader:
        reader.commit({kafka.TopicPartition(TOPIC, 0): kafka.OffsetAndMetadata(0, whole)})
    consumer = confluent_kafka.Consumer(consumer_options(kafka_broker.servers, group, "own"))

    def committed() -> str:
        try:
            return str(consumer.committed([PARTITION], SECONDS)[0].metadata)
        except UnicodeDecodeError:
            return "no text"

    try:
        seen = {committed() for _ in range(READS)}
    finally:
        consumer.close()
    assert_needed("the byte at the end of committed metadata, in offsets.py and lookups.py", seen != {whole})


def test_the_client_keeps_a_partition_paused_that_was_revoked(kafka_broker: LocalBroker) -> None:
    # That a rebalance resumes it: tests/integration/test_pause_and_skip.py.
    create(kafka_broker.servers, TOPIC)
    producer = Producer(kafka_broker.servers, SECONDS)
    assert producer.write([GOOD], within(SECONDS)) == {}
    consumer = confluent_kafka.Consumer(consumer_options(kafka_broker.servers, "patches", "own"))
    try:
        beginning = TopicPartition(TOPIC, 0, confluent_kafka.OFFSET_BEGINNING)
        consumer.assign([beginning])
        wait_until(lambda: consumer.poll(0.1), "the record", SECONDS)
        consumer.pause([PARTITION])
        consumer.unassign()
        consumer.assign([beginning])
        assert_needed("resume() in Consumer._assigned", consumer.poll(1) is None)
        consumer.resume([PARTITION])
        wait_until(lambda: consumer.poll(0.1), "the record after resume()", SECONDS)
    finally:
        consumer.close()
        producer.close(1)


def test_the_client_refuses_the_transaction_after_an_aborted_one_with_a_refused_record(
    kafka_broker: LocalBroker,
) -> None:
    # That Producer commits it: tests/integration/test_refused_messages.py.
    create(kafka_broker.servers, TOPIC, cleanup_policy="compact")
    producer = Producer(kafka_broker.servers, DELIVERY_SECONDS, "patches")
    try:
        producer.init_transactions(SECONDS)
        for messages in ([GOOD], [GOOD, BAD]):
            producer._client.begin_transaction()
            errors = producer.write(messages, within(SECONDS))
            producer._client.abort_transaction(SECONDS) if errors else producer._client.commit_transaction(SECONDS)
        producer._client.begin_transaction()
        assert_needed("Producer._renew", producer.write([GOOD], within(SECONDS)) != {})
    finally:
        producer.close(1)


def ends_in(seconds: float, call: Future[Any]) -> bool:
    """Whether a call in another thread ends in some seconds."""
    return call in wait([call], seconds).done


def test_the_client_ignores_the_timeout_for_offsets(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    producer = Producer(kafka_broker.servers, DELIVERY_SECONDS, "patches")
    try:
        with joined(kafka_broker.servers) as consumer, ThreadPoolExecutor(1) as thread:
            member = consumer.consumer_group_metadata()
            producer.init_transactions(SECONDS)
            producer.begin_transaction(member, {Partition(TOPIC, 0): Position(1)})
            assert producer.write([GOOD], within(SECONDS)) == {}
            with kafka_broker.paused():
                send = producer._client.send_offsets_to_transaction
                call = thread.submit(send, [TopicPartition(TOPIC, 0, 1)], member, 0.1)
                assert_needed("producer.bounded", not ends_in(2, call))
            call.exception(SECONDS)
            with kafka_broker.paused(), pytest.raises(KafkaTimeoutError, match="offsets in time"):
                producer.commit_transaction(within(0.1))
    finally:
        producer.close(1)


def test_the_clients_close_of_a_producer_waits_without_a_bound(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    producer = Producer(kafka_broker.servers, DELIVERY_SECONDS)
    with ThreadPoolExecutor(1) as thread:
        assert producer.write([GOOD], within(SECONDS)) == {}
        with kafka_broker.paused():
            producer._produce(GOOD, BY_KEY, lambda error, message: None, within(SECONDS))
            closing = thread.submit(producer._client.close)
            assert_needed("flush() and purge() in Producer.close", not ends_in(1, closing))
        closing.result(SECONDS)


def test_the_client_raises_a_system_error_for_a_header_name_that_is_not_utf8(kafka_broker: LocalBroker) -> None:
    # What becomes of such a record: tests/integration/test_unreadable.py.
    create(kafka_broker.servers, TOPIC)
    other = clients.new_producer(kafka_broker.servers, SECONDS)
    other.send(TOPIC, b"value", b"key", [(RawName("x"), b"1")])
    clients.close_producer(other, SECONDS)
    consumer = confluent_kafka.Consumer(consumer_options(kafka_broker.servers, "patches", "own"))
    try:
        consumer.assign([TopicPartition(TOPIC, 0, confluent_kafka.OFFSET_BEGINNING)])
        message = wait_until(lambda: consumer.poll(0.1), "the record", SECONDS)
        assert message
        try:
            message.headers()
            has_headers = True
        except SystemError:
            has_headers = False
        assert_needed("suppress(SystemError) in records._headers", not has_headers)
    finally:
        consumer.close()


class RawName(str):
    """The name of a header that is not UTF-8 on the wire."""

    def encode(self, *_: object) -> bytes:
        """Return bytes that are not UTF-8."""
        return b"\xff\xfe"
