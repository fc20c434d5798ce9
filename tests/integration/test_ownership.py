"""Which consumer owns a partition while rebalances begin and end between its polls."""

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from confluent_kafka.admin import AdminClient

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import KafkaError, Membership, Producer
from petalstream.broker.confluent import Confluent
from petalstream.broker.kafka_python import KafkaPython
from petalstream.broker.kafka_python.consumer import Consumer
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import KafkaClient
from tests.length import long_except
from tests.stack import FLOWER, Stack, both_clients

SECONDS, CLOSES, TOPICS = 30, 10, ["iris.requests"]


def member(stack: Stack, name: str) -> Consumer:
    """A consumer of the group that is to join it."""
    consumer = KafkaPython().consumer(stack.servers, stack.settings.consumer_group, name, SECONDS)
    consumer.subscribe(["iris.requests"])
    return consumer


@contextmanager
def polling(consumer: broker.Consumer) -> Iterator[None]:
    """Poll in the background, as a consumer without anything to do, without taking records."""
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            consumer.pause(TOPICS)
            consumer.poll(0.1, 1)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SECONDS)


def join_until(consumer: Consumer, partitions: int) -> None:
    """Poll until the consumer has so many partitions."""

    def has() -> bool:
        consumer.pause(TOPICS)
        consumer.poll(0.1, 1)
        return len(consumer.client.assignment()) == partitions

    wait_until(has, f"{partitions} partitions", SECONDS)


def asks_to_join(consumer: Consumer, generation: int) -> bool:
    """Whether the client joins in the background, or has done so since; a poll too short even to ask is repeated."""
    if consumer.client._coordinator._join_task is None:
        consumer.pause(TOPICS)
        consumer.poll(0.2, 1)
    return consumer.client._coordinator._join_task is not None or consumer.membership().generation_id > generation


@pytest.mark.parametrize("delivery", long_except(["at-least-once"], ["at-least-once", "exactly-once"]))
def test_what_was_polled_before_a_rebalance_is_never_committed_after_it(stack: Stack, delivery: str) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    producer = KafkaPython().transactional_producer(stack.servers, 8, "own", SECONDS)
    stack.write(Message("iris.requests", None, FLOWER, []) for _ in range(300))
    own, other, late = (member(stack, name) for name in ("own", "other", "late"))

    def commit() -> None:
        if delivery == "at-least-once":
            own.commit(polled_as, batch, SECONDS)
        else:
            commit_with(producer, polled_as, batch)

    try:
        with polling(other):
            join_until(own, 3)
        own.resume(TOPICS)
        batch, polled_as = own.poll(10, 500), own.membership()
        # `late` asks to join; the rebalance waits for `own`, whose poll is too short for it, and for `other`.
        with polling(late):
            wait_until(lambda: has_changed(own, polled_as), "the rebalance to reach the batch", SECONDS)
            generation = own.membership().generation_id
            with polling(other):
                wait_until(lambda: own.membership().generation_id > generation, "the rebalance to end", SECONDS)
                wait_until(lambda: len(late.client.assignment()) == 2, "the late member's partitions", SECONDS)
                with pytest.raises(KafkaError):
                    commit()
        assert not [
            lag for lag in broker.lags(stack.servers, stack.settings.consumer_group, r"iris\.requests") if lag.committed
        ]
        assert list(broker.read_topic(stack.servers, "iris.predictions")) == []
    finally:
        for consumer in (own, other, late):
            consumer.close(1)
        producer.close(1)


def has_changed(consumer: Consumer, membership: Membership) -> bool:
    """Poll without taking records; whether the consumer is another member by now, or one of another generation."""
    consumer.pause(TOPICS)
    consumer.poll(0.3, 1)
    return bool(consumer.membership() != membership)


def commit_with(producer: Producer, membership: Membership, batch: Sequence[ReceivedRecord]) -> None:
    """Write an outcome and commit a batch in one transaction."""

    def left() -> float:
        return SECONDS

    producer.begin_transaction(membership, batch)
    for error in producer.write([Message("iris.predictions", b"1", b"{}", [])], left).values():
        raise error
    producer.commit_transaction(left)


@both_clients
def test_after_a_rebalance_a_consumer_reads_what_is_not_committed_again_in_the_partitions_that_it_keeps(
    stack: Stack, kafka_client: KafkaClient
) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    stack.write(Message("iris.requests", b"%d" % number, FLOWER, []) for number in range(60))
    client = broker.client(kafka_client)
    own, other = (client.consumer(stack.servers, stack.settings.consumer_group, name, SECONDS) for name in "ab")
    found: list[int] = []

    def read_again() -> bool:
        with suppress(KafkaError):  # a rebalance in the middle of a poll
            found.extend(record.offset for record in own.poll(0.1, 100))
        return found.count(0) > firsts

    try:
        firsts = 0
        own.subscribe(["iris.requests"])
        wait_until(lambda: read_again() and len(found) == 60, "all records", SECONDS)
        firsts = found.count(0)
        other.subscribe(["iris.requests"])
        with polling(other):
            wait_until(read_again, "a partition's first record again", SECONDS)
    finally:
        own.close(1)
        other.close(1)


def test_a_join_that_finishes_between_two_polls_is_not_repeated(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    leader, other, late = (member(stack, name) for name in ("leader", "other", "late"))
    try:
        join_until(leader, 6)
        with polling(other):
            join_until(leader, 3)
        for joining in (late, leader):  # the rebalance then waits for `other`
            generation = joining.membership().generation_id
            wait_until(partial(asks_to_join, joining, generation), "the join to be under way", SECONDS)
        join_until(other, 2)
        generation = other.membership().generation_id
        wait_until(lambda: leader.client._coordinator._join_task.is_done, "the join to finish", SECONDS)
        leader.poll(1, 1)
        assert len(leader.client.assignment()) == 2
        assert leader.membership().generation_id == generation
    finally:
        for consumer in (leader, other, late):
            consumer.close(1)


def test_a_consumer_closes_before_it_has_polled_its_assignment(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    # In a process of its own: a client that hangs here keeps the interpreter to itself.
    child = multiprocessing.get_context("spawn").Process(target=close_unpolled, args=[stack.servers])
    child.start()
    try:
        child.join(2 * SECONDS)
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join(SECONDS)


def close_unpolled(servers: str) -> None:
    """Join a group without a poll, and close once the broker has assigned partitions; again, in so many groups."""
    admin = AdminClient({"bootstrap.servers": servers})
    for group in (f"unpolled-{number}" for number in range(CLOSES)):
        consumer = Confluent().consumer(servers, group, "own", SECONDS)
        consumer.subscribe(["iris.requests"])  # from now on the client joins in the background
        consumer._position("iris.requests", 0)  # waits for the group's coordinator
        wait_until(lambda: is_assigned(admin, group), "the broker to assign partitions", SECONDS)  # noqa: B023
        for _ in range(20):  # each a request to the group's coordinator, by which the client has its assignment
            consumer._position("iris.requests", 0)
        consumer.close(1)


def is_assigned(admin: AdminClient, group: str) -> bool:
    """Whether a member of the group has partitions."""
    (described,) = admin.describe_consumer_groups([group]).values()
    return any(member.assignment.topic_partitions for member in described.result(SECONDS).members)
