"""Which consumer has a partition while a rebalance begins or ends between its polls."""

from functools import partial

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker.kafka_python import KafkaPython
from petalstream.broker.kafka_python.consumer import Consumer
from petalstream.messages import Message
from petalstream.settings import KafkaClient
from tests.members import SECONDS, Member, closing_all
from tests.stack import FLOWER, Stack, confluent_in_long_runs
from tests.unpolled import unpolled


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
    with unpolled(stack.servers, "iris.requests") as consumer:
        consumer.close()
        assert consumer.has_closed(SECONDS)
