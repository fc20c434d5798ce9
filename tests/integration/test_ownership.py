"""Which consumer has a partition while a rebalance begins or ends between its polls."""

import multiprocessing
from functools import partial

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker.confluent import Confluent
from petalstream.broker.kafka_python import KafkaPython
from petalstream.broker.kafka_python.consumer import Consumer
from petalstream.messages import Message
from petalstream.settings import KafkaClient
from tests.members import SECONDS, Follower, Member, closing_all
from tests.stack import FLOWER, Stack, confluent_in_long_runs

CLOSES, PLACES = 10, [TopicPartition("iris.requests", 0)]


def client_of(member: Member) -> Consumer:
    """The consumer of a member with kafka-python."""
    assert isinstance(member.consumer, Consumer)
    return member.consumer


def generation(member: Member) -> int:
    """The generation of the group that a member with kafka-python knows."""
    return int(client_of(member).membership().generation_id)


def asks_to_join(member: Member, before: int) -> bool:
    """Whether the client joins in the background, or has done so since; a poll too short even to ask is repeated."""
    coordinator = client_of(member).client._coordinator
    if coordinator._join_task is None:
        member.poll(0.2, 1)
    return coordinator._join_task is not None or generation(member) > before


@confluent_in_long_runs
def test_a_consumer_reads_again_what_is_not_committed_in_the_partitions_that_stay_where_one_of_their_topic_goes(
    stack: Stack, kafka_client: KafkaClient
) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    stack.write(Message("iris.requests", b"%d" % number, FLOWER, []) for number in range(60))
    client, group = broker.client(kafka_client), stack.settings.consumer_group
    own = Member(client, stack.servers, group, "own")
    with closing_all(own), own.polling():
        wait_until(lambda: len(own.records) == 60, "all records", SECONDS)
        other = Member(client, stack.servers, group, "other")
        with closing_all(other), other.polling():
            wait_until(lambda: len(own.records) + len(other.records) == 120, "all records again", SECONDS)
            (kept,), (moved,) = own.follower.owned, other.follower.owned
    again = own.records[60:]
    assert {record.partition for record in again} == {kept.number}
    assert {record.partition for record in other.records} == {moved.number}
    assert [record.offset for record in again] == list(range(len(again)))


def test_a_join_that_finishes_between_two_polls_is_not_repeated(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    leader, other, late = (
        Member(KafkaPython(), stack.servers, stack.settings.consumer_group, name)
        for name in ("leader", "other", "late")
    )
    with closing_all(leader, other, late):
        with leader.polling():
            wait_until(lambda: len(leader.follower.owned) == 6, "all partitions", SECONDS)
            with other.polling():
                wait_until(lambda: len(other.follower.owned) == 3, "half of the partitions", SECONDS)
        for joining in (late, leader):  # the rebalance then waits for `other`
            wait_until(partial(asks_to_join, joining, generation(joining)), "the join to be under way", SECONDS)

        def has_two() -> bool:
            other.poll(0.1, 1)
            return len(other.follower.owned) == 2

        wait_until(has_two, "two partitions of the other member", SECONDS)
        wait_until(lambda: client_of(leader).client._coordinator._join_task.is_done, "the join to finish", SECONDS)
        leader.poll(1, 1)
        assert len(leader.follower.owned) == 2
        assert generation(leader) == generation(other)


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
        consumer.subscribe(["iris.requests"], Follower())  # from now on the client joins in the background
        consumer._client.committed(PLACES, SECONDS)  # waits for the group's coordinator
        wait_until(lambda: is_assigned(admin, group), "the broker to assign partitions", SECONDS)  # noqa: B023
        for _ in range(20):  # each a request to the group's coordinator, by which the client has its assignment
            consumer._client.committed(PLACES, SECONDS)
        consumer.close(1)


def is_assigned(admin: AdminClient, group: str) -> bool:
    """Whether a member of the group has partitions."""
    (described,) = admin.describe_consumer_groups([group]).values()
    return any(member.assignment.topic_partitions for member in described.result(SECONDS).members)
