"""Outcomes of requests without a key go to the partition of their request, in order, with either client."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import Producer
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import Delivery, KafkaClient
from tests.stack import FLOWER, Stack, confluent_in_long_runs, ways

TOPIC, SECONDS, PARTITIONS, RECORDS = "few", 30, 3, 150


def left() -> float:
    """Return more seconds than any call needs."""
    return SECONDS


def message(number: int, partition: int) -> Message:
    return Message(TOPIC, None, b"%d" % number, [], partition)


@pytest.fixture
def admin(stack: Stack) -> Iterator[KafkaAdminClient]:
    """Return an admin client of a broker that has a topic of two partitions."""
    with closing(KafkaAdminClient(bootstrap_servers=stack.servers)) as client:
        client.create_topics({TOPIC: {"num_partitions": 2}}, wait_for_metadata=True)
        yield client


@pytest.fixture
def producer(admin: KafkaAdminClient, stack: Stack, kafka_client: KafkaClient) -> Iterator[Producer]:
    """Return a producer of the client under test."""
    with_client = broker.client(kafka_client).producer(stack.servers, SECONDS, SECONDS)
    yield with_client
    with_client.close(1)


def sources(records: list[ReceivedRecord], kind: str) -> dict[int, list[tuple[int, int]]]:
    """Return by partition where the requests of its records were, in the order of the records."""
    found = defaultdict(list)
    for record in records:
        headers = {name: value or b"" for name, value in record.headers}
        found[record.partition].append((int(headers[f"{kind}_partition"]), int(headers[f"{kind}_offset"])))
    return dict(found)


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_requests_of_a_partition_have_their_outcomes_in_the_same_partition_in_order(
    stack: Stack, delivery: Delivery
) -> None:
    stack.use_shared_api()
    broker.create_topics(stack.servers, "iris", PARTITIONS)
    values = [b"not JSON" if number % 10 < PARTITIONS else FLOWER for number in range(RECORDS)]
    stack.write(Message("iris.requests", None, value, [], number % PARTITIONS) for number, value in enumerate(values))
    stack.consume(delivery=delivery)
    wait_until(lambda: not stack.summary().missing, "all outcomes", SECONDS)
    for kind, topic in (("source", "predictions"), ("dead_letter", "dead-letters")):
        found = sources(list(broker.read_topic(stack.servers, f"iris.{topic}")), kind)
        assert set(found) == set(range(PARTITIONS))
        for partition, requests in found.items():
            assert {source for source, _ in requests} == {partition}
            assert requests == sorted(requests)
    assert stack.summary().complete


@confluent_in_long_runs
def test_a_topic_with_fewer_partitions_takes_messages_in_the_partition_modulo_their_number(
    stack: Stack, producer: Producer
) -> None:
    assert producer.write([message(number, number % 6) for number in range(60)], left) == {}
    found = list(broker.read_topic(stack.servers, TOPIC))
    assert sorted(int(record.value or b"") for record in found) == list(range(60))
    assert all(int(record.value or b"") % 2 == record.partition for record in found)


@pytest.mark.long
@confluent_in_long_runs
def test_a_topic_that_grows_takes_messages_in_their_own_partition_soon(
    stack: Stack, producer: Producer, admin: KafkaAdminClient
) -> None:
    assert producer.write([message(0, 3)], left) == {}
    admin.create_partitions({TOPIC: 4})

    def has_arrived() -> bool:
        assert producer.write([message(0, 3)], left) == {}
        return any(record.partition == 3 for record in broker.read_topic(stack.servers, TOPIC))

    wait_until(has_arrived, "a message in the new partition", SECONDS)
