"""Which consumer of a group reads which partitions, while consumers come and go."""

from collections import Counter
from collections.abc import Collection
from contextlib import ExitStack

import pytest

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import KafkaError, Partition, positions_after
from petalstream.messages import Message, requests_topic
from petalstream.settings import KafkaClient
from tests.length import long_except
from tests.members import SECONDS, Member, closing_all
from tests.stack import FLOWER, Stack, confluent_in_long_runs

PYTHON, CONFLUENT = KafkaClient.KAFKA_PYTHON, KafkaClient.CONFLUENT
MODELS = [f"model{number}" for number in range(8)]
TOPICS = [requests_topic(model) for model in ["iris", *MODELS]]


def member(stack: Stack, name: str, client: KafkaClient) -> Member:
    """A consumer of the test's group, which reads the topics of all models."""
    return Member(broker.client(client), stack.servers, stack.settings.consumer_group, name, TOPICS)


@pytest.mark.parametrize(
    "clients", long_except([[PYTHON, CONFLUENT, PYTHON]], [[PYTHON] * 3, [CONFLUENT] * 3, [PYTHON, CONFLUENT, PYTHON]])
)
def test_three_consumers_share_eight_topics_of_two_partitions_evenly(stack: Stack, clients: list[KafkaClient]) -> None:
    for model in MODELS:
        broker.create_topics(stack.servers, model, 2)
    members = [member(stack, f"member-{number}", client) for number, client in enumerate(clients)]
    with closing_all(*members), ExitStack() as all_poll:
        for each in members:
            all_poll.enter_context(each.polling())
        wait_until(
            lambda: sorted(len(each.follower.owned) for each in members) == [5, 5, 6], "an even assignment", SECONDS
        )
        owned = [partition for each in members for partition in each.follower.owned]
        assert len(set(owned)) == len(owned) == 16


@confluent_in_long_runs
def test_a_join_takes_partitions_from_a_consumer_and_leaves_the_others_alone(
    stack: Stack, kafka_client: KafkaClient
) -> None:
    for model in MODELS[:4]:
        broker.create_topics(stack.servers, model, 1)
        stack.write(Message(f"{model}.requests", b"%d" % number, FLOWER, []) for number in range(20))
    first = member(stack, "first", kafka_client)
    with closing_all(first), first.polling():
        wait_until(lambda: len(first.records) == 80, "all records", SECONDS)
        second = member(stack, "second", kafka_client)
        with closing_all(second), second.polling():
            wait_until(lambda: len(second.follower.owned) == 2, "the second consumer's partitions", SECONDS)
            wait_until(lambda: len(second.records) == 40, "the records of its partitions", SECONDS)
            kept = first.follower.owned
            assert kept | second.follower.owned == {Partition(f"{model}.requests", 0) for model in MODELS[:4]}
    assert {lost for _, lost in first.follower.ended} == {False}
    read = Counter(Partition(record.topic, record.partition) for record in first.records)
    assert {read[partition] for partition in kept} == {20}, "nothing of these is read again"


@confluent_in_long_runs
def test_records_of_partitions_that_stay_are_returned_while_the_group_is_rebalanced(
    stack: Stack, kafka_client: KafkaClient
) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    first, slow = (member(stack, name, kafka_client) for name in ("first", "slow"))
    with closing_all(first, slow):
        with first.polling(), slow.polling():
            wait_until(lambda: bool(first.follower.owned and slow.follower.owned), "a partition each", SECONDS)
        # The group waits for `slow`, which does not poll.
        late = member(stack, "late", kafka_client)
        with closing_all(late), first.polling(), late.polling():
            for number in range(1, 5):
                before = len(first.records)
                stack.write(Message("iris.requests", b"%d" % key, FLOWER, []) for key in range(50))
                wait_until(lambda: len(first.records) > before, f"records of write {number}", SECONDS)  # noqa: B023


@confluent_in_long_runs
def test_a_revoked_partition_can_be_committed_until_its_end_and_its_next_consumer_begins_there(
    stack: Stack, kafka_client: KafkaClient
) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    stack.write(Message("iris.requests", b"%d" % number, FLOWER, []) for number in range(60))
    first = member(stack, "first", kafka_client)

    def commit(partitions: Collection[Partition], are_lost: bool) -> None:
        written = [each for each in first.records if Partition(each.topic, each.partition) in partitions]
        first.consumer.commit(positions_after(written), 5)

    with closing_all(first), first.polling(seconds=0.5):
        wait_until(lambda: len(first.records) == 60, "all records", SECONDS)
        first.follower.on_end = commit
        second = member(stack, "second", kafka_client)
        with closing_all(second), second.polling():
            wait_until(lambda: bool(second.follower.owned), "the second consumer's partition", SECONDS)
        (state,) = second.follower.begun
        read = sum(Partition(each.topic, each.partition) == state.partition for each in first.records)
        assert (state.position and state.position.offset) == read


@confluent_in_long_runs
def test_a_partition_that_was_revoked_cannot_be_committed(stack: Stack, kafka_client: KafkaClient) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    stack.write(Message("iris.requests", b"%d" % number, FLOWER, []) for number in range(60))
    first = member(stack, "first", kafka_client)
    with closing_all(first):
        with first.polling():
            wait_until(lambda: len(first.records) == 60, "all records", SECONDS)
            second = member(stack, "second", kafka_client)
            with closing_all(second), second.polling():
                wait_until(lambda: bool(second.follower.owned), "the second consumer's partition", SECONDS)
                (gone,) = second.follower.owned
        with pytest.raises(KafkaError):
            first.consumer.commit(
                positions_after(record for record in first.records if record.partition == gone.number), 5
            )
        assert not [
            lag.committed
            for lag in broker.lags(stack.servers, stack.settings.consumer_group, r"iris\.requests")
            if lag.committed
        ]
