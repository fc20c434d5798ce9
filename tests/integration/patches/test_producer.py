"""kafka-python's producer still lacks what clients.close_producer and producer.Producer do by its private parts."""

import inspect
from contextlib import suppress

import pytest
from kafka import KafkaProducer

from petalstream.broker import KafkaError, KafkaTimeoutError
from petalstream.broker.kafka_python import clients
from petalstream.broker.kafka_python.producer import Producer
from petalstream.messages import Message
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, within

TOPIC, MESSAGES = "patches", 30


@pytest.mark.parametrize(
    "method",
    [KafkaProducer.send_offsets_to_transaction, KafkaProducer.commit_transaction, KafkaProducer.abort_transaction],
)
def test_the_clients_methods_for_transactions_wait_without_a_bound(method: object) -> None:
    assert callable(method)
    has_bound = any("timeout" in name for name in inspect.signature(method).parameters)
    assert_needed("the use of the private transaction manager in producer.Producer", not has_bound)


def test_the_producers_methods_for_transactions_end_in_time(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    client = clients.new_transactional_producer(kafka_broker.servers, SECONDS, "patches")
    producer = Producer(client)
    try:
        client.begin_transaction()
        assert producer.write([Message(TOPIC, b"key", b"value", [])], within(SECONDS)) == {}
        with kafka_broker.paused(), pytest.raises(KafkaTimeoutError, match="abort the transaction in time"):
            producer.abort_transaction(within(0.2))
    finally:
        producer.close(1)


def test_the_client_goes_on_sending_after_a_close_that_timed_out(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    client = clients.new_producer(kafka_broker.servers, SECONDS)
    client.partitions_for(TOPIC)
    with kafka_broker.paused():
        client.send(TOPIC, b"value")
        with suppress(KafkaTimeoutError):
            client.close(timeout=0.2)
        assert_needed("the end of clients.close_producer", client._sender.is_alive())
        clients.close_producer(client, 0.2)
    client._sender.join(SECONDS)
    assert not client._sender.is_alive()


def test_the_clients_flush_ends_before_the_halves_of_a_split_batch_are_sent(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC, max_message_bytes="3000")
    client = clients.new_producer(kafka_broker.servers, SECONDS, linger_ms=clients.BATCH_LINGER_MS)
    producer = Producer(client)
    try:
        futures = [client.send(TOPIC, b"x" * 500) for _ in range(MESSAGES)]
        with suppress(KafkaError):
            client.flush(SECONDS)
        is_early = not all(future.is_done for future in futures)
        assert_needed("Producer._await_all, nor its own count in Producer.flush", is_early)
        assert producer.write([Message(TOPIC, None, b"x" * 500, [])] * MESSAGES, within(SECONDS)) == {}
        assert all(future.succeeded() for future in futures)
    finally:
        producer.close(1)
