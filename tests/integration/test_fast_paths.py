"""What makes kafka-python quicker is in use with a real broker, and changes nothing that it does."""

from collections import Counter
from contextlib import closing

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.errors import IllegalStateError
from kafka.producer.transaction_manager import TransactionManager

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker.kafka_python import clients, fast_paths
from petalstream.broker.kafka_python.consumer import poll
from petalstream.messages import Message
from tests.stack import FLOWER, Stack

REQUESTS, SECONDS, COUNT = "iris.requests", 30, 2_000


def send_all(producer: KafkaProducer) -> None:
    for number in range(COUNT):
        broker.send(producer, Message(REQUESTS, b"%d" % number, FLOWER, []))


def test_a_consumer_reads_far_more_at_once_than_the_client_would(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[int] = []
    read = fast_paths.received

    def noted(connection: object) -> tuple[bytes, object]:
        data, error = read(connection)
        pieces.append(len(data))
        return data, error

    monkeypatch.setattr(fast_paths, "received", noted)
    broker.create_topics(stack.servers, "iris", 1)
    with (
        closing(clients.new_producer(stack.servers, SECONDS)) as producer,
        closing(clients.new_consumer(stack.servers, "fast", "own", SECONDS)[0]) as consumer,
    ):
        send_all(producer)
        producer.flush(SECONDS)
        consumer.assign([TopicPartition(REQUESTS, 0)])
        consumer.seek_to_beginning()
        values: list[bytes | None] = []

        def all_came() -> bool:
            values.extend(each.value for each in poll(consumer, 0.2, COUNT))
            return len(values) == COUNT

        wait_until(all_came, f"{COUNT} records", SECONDS)
    assert values == [FLOWER] * COUNT
    assert max(pieces) > 10 * 4_096


def test_a_partition_is_added_once_to_a_transaction_and_again_to_the_next(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: Counter[object] = Counter()
    add = TransactionManager.maybe_add_partition_to_transaction

    def noted(manager: TransactionManager, partition: object) -> None:
        added[partition] += 1
        add(manager, partition)

    monkeypatch.setattr(TransactionManager, "maybe_add_partition_to_transaction", noted)
    broker.create_topics(stack.servers, "iris", 6)
    with closing(clients.new_transactional_producer(stack.servers, 8, "fast", SECONDS)) as producer:
        for _ in range(2):
            producer.begin_transaction()
            send_all(producer)
            producer.commit_transaction()
        with pytest.raises(IllegalStateError):
            producer.send(REQUESTS, FLOWER)  # outside of a transaction, as ever
    assert len(list(broker.read_topic(stack.servers, REQUESTS))) == 2 * COUNT
    assert len(added) >= 6
    # While the client's thread moves a partition from one of its sets to another, it may be asked for again.
    assert sum(added.values()) < COUNT / 10
