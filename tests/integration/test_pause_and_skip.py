"""Pausing topics and skipping corrupt offsets while other topics go on, with both clients."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import Consumer, KafkaError, UnreadableRecords
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import KafkaClient
from tests.members import Follower
from tests.stack import Stack, confluent_in_long_runs

IRIS, ROSE, SECONDS = "iris.requests", "rose.requests", 30
Offsets = dict[str, list[int]]


@pytest.fixture
def consumer(stack: Stack, kafka_client: KafkaClient) -> Iterator[Consumer]:
    """A consumer of two topics of one partition each."""
    broker.create_topics(stack.servers, "iris", 1)
    broker.create_topics(stack.servers, "rose", 1)
    with ExitStack() as closing:
        yield subscribed(stack, kafka_client, closing, "own")


def subscribed(stack: Stack, kind: KafkaClient, closing: ExitStack, name: str) -> Consumer:
    """Return a member of the group that is closed with `closing`."""
    consumer = broker.client(kind).consumer(stack.servers, stack.settings.consumer_group, name, SECONDS)
    closing.callback(consumer.close, 1)
    consumer.subscribe(["iris.requests", "rose.requests"], Follower())
    return consumer


def write(stack: Stack, topic: str, count: int, value: bytes = b"value") -> None:
    """Write records as one batch."""
    stack.write([Message(topic, b"key", value, [])] * count, linger_ms=200)


def read(consumer: Consumer, **ends: int) -> Offsets:
    """Poll until each model's last offset before its end was read; return the offsets by topic."""
    found: Offsets = {f"{model}.requests": [] for model in ends}

    def is_complete() -> bool:
        for record in consumer.poll(0.2, 100):
            found[record.topic].append(record.offset)
        return all(end - 1 in found[f"{model}.requests"] for model, end in ends.items())

    wait_until(is_complete, f"the records before {ends}", SECONDS)
    return found


@confluent_in_long_runs
def test_a_paused_topic_waits_while_the_other_one_is_read(stack: Stack, consumer: Consumer) -> None:
    write(stack, IRIS, 1_000)
    write(stack, ROSE, 1)
    first = read(consumer, rose=1, iris=1)[IRIS]
    consumer.pause([IRIS])
    write(stack, IRIS, 10)
    for end in (2, 3):
        write(stack, ROSE, 1)
        assert read(consumer, rose=end) == {ROSE: [end - 1]}
    consumer.resume([IRIS, ROSE])
    assert first + read(consumer, iris=1_010)[IRIS] == list(range(1_010))


@confluent_in_long_runs
def test_a_topic_stays_paused_while_it_moves_to_another_consumer_and_back(
    stack: Stack, consumer: Consumer, kafka_client: KafkaClient
) -> None:
    for topic in (IRIS, ROSE):
        write(stack, topic, 1)
    read(consumer, iris=1, rose=1)
    consumer.pause([IRIS, ROSE])
    with ExitStack() as closing:
        beside = subscribed(stack, kafka_client, closing, "beside")
        moved: list[ReceivedRecord] = []

        def is_moved() -> bool:
            moved.extend(beside.poll(0.1, 100))
            assert consumer.poll(0.1, 100) == []
            return len(moved) == 2

        wait_until(lambda: not is_moved() and moved, "a topic at the other consumer", SECONDS)
        for topic in (IRIS, ROSE):
            write(stack, topic, 1)
        wait_until(is_moved, "the new record of the topic that moved", SECONDS)
        assert len(consumer.topics()) == 1

    def is_back() -> bool:
        assert consumer.poll(0.1, 100) == []
        return consumer.topics() == {IRIS, ROSE}

    wait_until(is_back, "both topics at one consumer", SECONDS)
    assert [consumer.poll(0.2, 100) for _ in range(5)] == [[]] * 5
    consumer.resume([IRIS, ROSE])
    assert set(map(len, read(consumer, iris=2, rose=2).values())) <= {1, 2}


def read_around(consumer: Consumer, iris: int, rose: int) -> tuple[Offsets, list[tuple[int, int]]]:
    """Read both topics to their ends; return the offsets by topic, and the unreadable ranges of Iris."""
    found: Offsets = {IRIS: [], ROSE: []}
    skipped: list[tuple[int, int]] = []

    def is_complete() -> bool:
        try:
            for record in consumer.poll(0.2, 100):
                found[record.topic].append(record.offset)
        except UnreadableRecords as error:
            skipped.append((error.first, error.next))
            consumer.skip(error.topic, error.partition, error.next)
        return iris - 1 in found[IRIS] and rose - 1 in found[ROSE]

    wait_until(is_complete, "both topics to their ends", SECONDS)
    return found, skipped


@pytest.mark.own_broker
@confluent_in_long_runs
def test_the_same_consumer_reads_on_after_a_corrupt_batch(stack: Stack, consumer: Consumer) -> None:
    for count, value in ((3, b"value"), (400, b"to be altered"), (30, b"value")):
        write(stack, IRIS, count, value)
    write(stack, ROSE, 50)
    (segment,) = stack.broker.folder.glob("data/iris.requests-0/*.log")
    segment.write_bytes(segment.read_bytes().replace(b"to be altered", b"is altered   "))
    found, skipped = read_around(consumer, iris=433, rose=50)
    assert skipped == [(3, 403)]
    assert found == {IRIS: [0, 1, 2, *range(403, 433)], ROSE: list(range(50))}
    write(stack, IRIS, 2)
    assert read(consumer, iris=435) == {IRIS: [433, 434]}


@confluent_in_long_runs
def test_a_partition_that_is_not_assigned_cannot_be_skipped(consumer: Consumer) -> None:
    with pytest.raises(KafkaError):
        consumer.skip("tulip.requests", 0, 1)
