"""Both clients behave alike beside a real broker, as petalstream.broker.interfaces says."""

import gc
import weakref
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import (
    Client,
    Consumer,
    InvalidProducerEpochError,
    KafkaError,
    MessageSizeTooLargeError,
    Producer,
    ProducerFencedError,
    Sender,
    interfaces,
    positions_after,
)
from petalstream.broker.kafka_python import clients
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import KafkaClient
from tests.members import Follower
from tests.stack import FLOWER, Stack, both_clients

REQUESTS, SECONDS = "iris.requests", 30


class Opened:
    """Opens clients of one kind and closes them after the test."""

    def __init__(self, stack: Stack, kind: KafkaClient, closing: ExitStack) -> None:
        self.servers, self.group, self._closing = stack.servers, stack.settings.consumer_group, closing
        self.client: Client = broker.client(kind)
        self.followers: dict[str, Follower] = {}

    def consumer(self, name: str = "own") -> Consumer:
        consumer = self.client.consumer(self.servers, self.group, name, SECONDS)
        self._closing.callback(consumer.close, 1)
        self.followers[name] = Follower()
        consumer.subscribe(["iris.requests"], self.followers[name])
        return consumer

    def producer(self) -> Producer:
        producer = self.client.producer(self.servers, SECONDS, SECONDS)
        self._closing.callback(producer.close, 1)
        return producer

    def sender(self) -> Sender:
        sender = self.client.sender(self.servers, SECONDS)
        self._closing.callback(sender.close, 1)
        return sender

    def transactional(self, name: str = "own") -> Producer:
        producer = self.client.transactional_producer(self.servers, 8, name, SECONDS)
        self._closing.callback(producer.close, 1)
        return producer


@pytest.fixture
def opened(stack: Stack, kafka_client: KafkaClient) -> Iterator[Opened]:
    """Return clients of a broker that has the topics of Iris."""
    broker.create_topics(stack.servers, "iris", 6)
    with ExitStack() as closing:
        yield Opened(stack, kafka_client, closing)


def left() -> float:
    """Return more seconds than any call needs."""
    return SECONDS


def requests(count: int) -> list[Message]:
    return [Message(REQUESTS, b"%d" % number, FLOWER, [("number", b"%d" % number)]) for number in range(count)]


def read(consumer: Consumer, count: int) -> list[ReceivedRecord]:
    """Poll until there are `count` records; fail if there are more."""
    records: list[ReceivedRecord] = []

    def enough() -> bool:
        found = consumer.poll(0.2, 100)
        assert len(found) <= 100
        records.extend(found)
        return len(records) >= count

    wait_until(enough, f"{count} records", SECONDS)
    assert len(records) == count
    return records


def takes_partitions(opened: Opened, consumer: Consumer, other: str) -> None:
    """Poll, and another consumer beside it, until that one has partitions."""
    beside = opened.consumer(other)

    def is_rebalanced() -> bool:
        for each in (consumer, beside):
            each.pause([REQUESTS])
            each.poll(0.2, 1)
        return bool(opened.followers[other].owned)

    wait_until(is_rebalanced, "the other consumer's partitions", SECONDS)


def committed(opened: Opened) -> int:
    """Return how many requests the group has committed."""
    return sum(lag.committed or 0 for lag in broker.lags(opened.servers, opened.group, r"iris\.requests"))


@both_clients
def test_records_come_as_they_were_written_in_order(opened: Opened) -> None:
    sent = [
        Message(REQUESTS, b"key", b"first", [("name", b"\xff"), ("name", b"")]),
        Message(REQUESTS, b"key", None, []),
        Message(REQUESTS, b"key", b"", []),
        Message(REQUESTS, b"key", b"last", []),
    ]
    opened.producer().write(sent, left)
    found = read(opened.consumer(), 4)
    assert [(each.topic, each.key, each.value, list(each.headers)) for each in found] == [
        (each.topic, each.key, each.value, each.headers) for each in sent
    ]
    assert [each.offset for each in found] == [0, 1, 2, 3]
    assert all(each.timestamp > 1_600_000_000_000 for each in found)


def test_a_key_has_the_same_partition_whichever_client_writes_it(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    for kind in KafkaClient:
        with ExitStack() as closing:
            Opened(stack, kind, closing).producer().write(requests(300), left)
    partitions = defaultdict(list)
    for record in broker.read_topic(stack.servers, REQUESTS):
        partitions[record.key].append(record.partition)
    assert len(partitions) == 300
    assert all(len(found) == 2 and len(set(found)) == 1 for found in partitions.values())
    assert len({found[0] for found in partitions.values()}) == 6


def test_consumers_of_both_clients_share_one_group(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    with ExitStack() as closing:
        one, other = (Opened(stack, kind, closing) for kind in KafkaClient)
        consumers = [one.consumer("one"), other.consumer("other")]
        writer, found = one.producer(), [set[bytes | None](), set[bytes | None]()]

        def both_read() -> bool:
            writer.write(requests(60), left)
            for consumer, keys in zip(consumers, found, strict=True):
                keys.clear()
                keys.update(record.key for record in consumer.poll(0.5, 1000))
            return bool(found[0] and found[1])

        wait_until(both_read, "both to have partitions", SECONDS)
        assert not found[0] & found[1]


@both_clients
def test_a_paused_consumer_gets_nothing_and_then_goes_on_where_it_was(opened: Opened) -> None:
    writer, consumer = opened.producer(), opened.consumer()
    writer.write(requests(50), left)
    before = read(consumer, 50)
    consumer.pause([REQUESTS])
    writer.write(requests(50), left)
    assert [consumer.poll(0.2, 100) for _ in range(5)] == [[]] * 5
    consumer.resume([REQUESTS])
    after = read(consumer, 50)
    assert len({(each.partition, each.offset) for each in before + after}) == 100


@both_clients
def test_a_consumer_goes_on_behind_what_is_committed(opened: Opened) -> None:
    writer, consumer = opened.producer(), opened.consumer()
    writer.write(requests(50), left)
    first = read(consumer, 50)
    consumer.commit(positions_after(first), SECONDS)
    writer.write(requests(20), left)
    read(consumer, 20)
    consumer.close(1)
    again = read(opened.consumer(), 20)
    assert len({(each.partition, each.offset) for each in first + again}) == 70


@both_clients
@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
def test_what_was_polled_before_a_rebalance_is_not_committed_after_it(opened: Opened, delivery: str) -> None:
    opened.producer().write(requests(50), left)
    consumer, transactional = opened.consumer(), opened.transactional()
    records, polled_as = read(consumer, 50), consumer.membership()
    takes_partitions(opened, consumer, "other")
    if delivery == "at-least-once":
        with pytest.raises(KafkaError):
            consumer.commit(positions_after(records), SECONDS)
    else:
        transactional.begin_transaction(polled_as, positions_after(records))
        errors = transactional.write([Message("iris.predictions", b"1", b"{}", [])], left)
        if not errors:
            with pytest.raises(KafkaError):
                transactional.commit_transaction(left)
        transactional.abort_transaction(left)
    assert committed(opened) == 0
    assert list(broker.read_topic(opened.servers, "iris.predictions")) == []


@both_clients
def test_messages_and_offsets_of_a_transaction_are_there_together_and_of_one_that_is_left_neither(
    opened: Opened,
) -> None:
    opened.producer().write(requests(50), left)
    consumer, first = opened.consumer(), opened.transactional()
    records = read(consumer, 50)
    first.begin_transaction(consumer.membership(), positions_after(records))
    first.write([Message("iris.predictions", b"1", b"left", [])], left)
    second = opened.transactional()
    with pytest.raises((ProducerFencedError, InvalidProducerEpochError)):
        first.commit_transaction(left)
    assert committed(opened) == 0
    second.begin_transaction(consumer.membership(), positions_after(records))
    second.write([Message("iris.predictions", b"1", b"committed", [])], left)
    second.commit_transaction(left)
    assert [each.value for each in broker.read_topic(opened.servers, "iris.predictions")] == [b"committed"]
    assert committed(opened) == 50


@both_clients
def test_several_transactional_producers_work_for_one_member_at_the_same_time(opened: Opened) -> None:
    opened.producer().write(requests(60), left)
    consumer = opened.consumer()
    records = read(consumer, 60)
    membership = consumer.membership()
    producers = [opened.transactional(name) for name in ("one", "two", "three")]
    # Each settles two of the six partitions; all transactions are open before the first one is committed.
    shares = [[record for record in records if record.partition % 3 == number] for number in range(3)]
    for producer, share in zip(producers, shares, strict=True):
        producer.begin_transaction(membership, positions_after(share))
        assert producer.write([Message("iris.predictions", b"1", b"%d" % len(share), [])], left) == {}
    producers[0].commit_transaction(left)
    producers[1].abort_transaction(left)
    with ThreadPoolExecutor() as pool:
        producers[1].begin_transaction(membership, positions_after(shares[1]))
        assert producers[1].write([Message("iris.predictions", b"1", b"again", [])], left) == {}
        for done in [pool.submit(producer.commit_transaction, left) for producer in producers[1:]]:
            done.result(SECONDS)
    written = [record.value for record in broker.read_topic(opened.servers, "iris.predictions")]
    assert sorted(written, key=str) == sorted((b"%d" % len(shares[0]), b"again", b"%d" % len(shares[2])), key=str)
    assert committed(opened) == 60


@both_clients
@pytest.mark.parametrize("size", [1_500_000, 3_000_000], ids=["the broker", "the client"])
def test_a_message_is_refused_for_its_size_by(opened: Opened, size: int) -> None:
    large = Message(REQUESTS, b"key", b"x" * size, [])
    errors = opened.producer().write([large], left)
    assert {index: type(error) for index, error in errors.items()} == {0: MessageSizeTooLargeError}
    told: list[BaseException] = []
    sender = opened.sender()
    try:
        sender.send(large, told.append)
    except MessageSizeTooLargeError as error:
        told.append(error)
    assert sender.flush(SECONDS) == 0
    assert [type(error) for error in told] == [MessageSizeTooLargeError]


@both_clients
def test_neither_a_message_sent_alone_nor_a_batch_waits_for_others(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch would wait far longer than it is given here, were it to wait for others at all.
    monkeypatch.setattr(clients, "BATCH_LINGER_MS", 14_000)
    monkeypatch.setattr(interfaces, "LINGER_MS", 14_000)  # confluent-kafka's of both
    producer, sender = opened.producer(), opened.sender()
    told: list[BaseException] = []
    producer.write(requests(3), lambda: 7)
    sender.send(requests(1)[0], told.append)
    assert sender.flush(7) == 0
    assert told == []


@both_clients
def test_a_poll_that_finds_nothing_holds_nothing_that_its_caller_held(opened: Opened) -> None:
    opened.producer().write(requests(3), left)
    consumer = opened.consumer()
    read(consumer, 3)

    def poll_beside_a_batch() -> weakref.ref[frozenset[int]]:
        batch = frozenset(range(3))
        assert consumer.poll(0, 100) == []
        return weakref.ref(batch)

    gc.disable()
    try:
        assert [poll_beside_a_batch()() for _ in range(5)] == [None] * 5
    finally:
        gc.enable()
