"""What a consumer learns of offsets that were deleted, and of a topic that was created again, while it reads."""

from collections.abc import Sequence
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, TopicPartition

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import PartitionState, Position
from petalstream.broker.kafka_python.clients import new_reader
from petalstream.messages import Message, requests_topic
from petalstream.settings import KafkaClient
from tests.members import SECONDS, Member, closing_all
from tests.stack import FLOWER, Stack, confluent_in_long_runs

REQUESTS = "iris.requests"


def write(stack: Stack, count: int) -> None:
    stack.write(Message(REQUESTS, b"%d" % number, FLOWER, []) for number in range(count))


@pytest.fixture
def member(stack: Stack, kafka_client: KafkaClient) -> Member:
    """A consumer of a topic of one partition."""
    broker.create_topics(stack.servers, "iris", 1)
    return Member(broker.client(kafka_client), stack.servers, stack.settings.consumer_group, "own")


@confluent_in_long_runs
def test_a_consumer_whose_next_records_were_deleted_learns_where_it_was_and_where_the_log_begins(
    stack: Stack, member: Member
) -> None:
    with closing_all(member):
        write(stack, 10)
        with member.polling():
            wait_until(lambda: len(member.records) == 10, "the first records", SECONDS)
        member.consumer.pause([REQUESTS])
        member.poll()
        write(stack, 40)
        admin = KafkaAdminClient(bootstrap_servers=stack.servers)
        admin.delete_records({TopicPartition(REQUESTS, 0): 30})
        admin.close()
        member.consumer.resume([REQUESTS])
        member.records.clear()
        with member.polling():
            wait_until(lambda: member.records and member.records[-1].offset == 49, "the last record", SECONDS)
    offsets = [record.offset for record in member.records]
    assert offsets == list(range(offsets[0], 50))
    if offsets[0] > 10:  # a client may have fetched the records before they were deleted
        (_, state) = member.follower.begun
        assert (state.is_out_of_range, state.log_start, state.log_end) == (True, 30, 50)
        assert state.position
        assert state.position.offset <= 30
    assert offsets[0] in (10, 30)


@pytest.mark.parametrize("clients", [list(KafkaClient), list(reversed(KafkaClient))])
def test_what_one_client_has_committed_is_the_same_position_to_the_other(
    stack: Stack, clients: list[KafkaClient]
) -> None:
    """Eight ids, since about half of all ids have a character in which the two alphabets of base64 differ."""
    models = [f"model{number}" for number in range(8)]
    for model in models:
        broker.create_topics(stack.servers, model, 1)
    first = begun_with(stack, clients[0], models)
    # confluent-kafka reads on to the byte that ends a text in C, be it in the memory of something else.
    assert committed_metadata(stack, first) == [f"{state.topic_id}\0" for state in first]
    second = begun_with(stack, clients[1], models)
    assert {state.topic_id for state in second} == {state.topic_id for state in first}
    assert all(len(state.topic_id) == 22 for state in first)
    assert all(state.position == Position(0, state.topic_id) for state in second)


def begun_with(stack: Stack, client: KafkaClient, models: Sequence[str]) -> Sequence[PartitionState]:
    """Have a consumer begin the topics of all models, and commit where; the states in which it found them."""
    topics = [requests_topic(model) for model in models]
    member = Member(broker.client(client), stack.servers, stack.settings.consumer_group, "own", topics)
    begun = member.follower.begun
    with closing_all(member):
        with member.polling():
            wait_until(lambda: len(begun) == len(topics), "the partitions", SECONDS)
        member.consumer.commit({state.partition: Position(0, state.topic_id) for state in begun}, SECONDS)
    return begun


def committed_metadata(stack: Stack, states: Sequence[PartitionState]) -> list[str]:
    """What the group has committed beside the offsets of these partitions."""
    with closing(new_reader(stack.servers, stack.settings.consumer_group)) as reader:
        found = [reader.committed(TopicPartition(*state.partition), metadata=True) for state in states]
    return [each.metadata for each in found]


@confluent_in_long_runs
def test_every_record_of_a_topic_that_is_created_again_has_its_prediction(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    stack.use_shared_api()
    write(stack, 10)
    stack.consume_more(predictions=10)
    admin = KafkaAdminClient(bootstrap_servers=stack.servers)
    admin.delete_topics([REQUESTS])
    wait_until(lambda: REQUESTS not in admin.list_topics(), "the topic to be deleted", SECONDS)
    admin.close()
    broker.create_topics(stack.servers, "iris", 1)
    keys = {b"again-%d" % number for number in range(25)}
    stack.write(Message(REQUESTS, key, FLOWER, []) for key in keys)

    def have_predictions() -> bool:
        return keys <= {record.key for record in broker.read_topic(stack.servers, "iris.predictions")}

    wait_until(have_predictions, "the predictions of the new topic's records", SECONDS)
    assert "iris.requests[0]: the topic was deleted and created again" in stack.log("consumer").read_text()
