"""Topics that the stack creates: what they refuse, how many partitions they have, and what creating them needs."""

import time

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from kafka import KafkaAdminClient
from kafka.errors import InvalidTimestampError

from embedded import ports
from petalstream import broker
from petalstream.broker import AuthorizationError, KafkaError, creation
from tests.chaos.test_refused_topic import AUTHORIZER
from tests.stack import FLOWER, Stack

SECONDS = 30
HOUR, DAY = 3600, 24 * 3600
NAMES = ["iris.dead-letters", "iris.predictions", "iris.requests"]


def admin_of(stack: Stack) -> AdminClient:
    """Return a client of the broker that runs now."""
    return AdminClient({"bootstrap.servers": stack.servers})


def partitions(admin: AdminClient) -> dict[str, int]:
    """The number of partitions of each topic of Iris."""
    found = admin.list_topics(timeout=SECONDS).topics
    return {name: len(topic.partitions) for name, topic in found.items() if name in NAMES}


def config(admin: AdminClient, topic: str, name: str) -> str:
    """The value of a topic's configuration."""
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    return str(admin.describe_configs([resource])[resource].result(SECONDS)[name].value)


def send(stack: Stack, seconds_ago: float) -> int:
    """Write a request with a timestamp in the past and return its offset. Raises KafkaError."""
    producer = broker.new_producer(stack.servers, SECONDS)
    try:
        sent = producer.send("iris.requests", FLOWER, b"1", timestamp_ms=int((time.time() - seconds_ago) * 1000))
        return int(sent.get(timeout=SECONDS).offset)
    finally:
        broker.close_producer(producer, 1)


def test_a_request_that_retention_would_delete_at_once_is_refused_to_its_sender(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    assert [send(stack, 0), send(stack, 3 * DAY), send(stack, -HOUR / 2)] == [0, 1, 2]
    for seconds_ago in (365 * DAY, 4 * DAY, -2 * HOUR):
        with pytest.raises(InvalidTimestampError):
            send(stack, seconds_ago)
    assert stack.count("requests") == 3


@pytest.mark.own_broker
def test_the_oldest_request_that_is_taken_follows_from_the_brokers_retention(stack: Stack) -> None:
    stack.broker.kill()
    stack.broker.start("log.retention.hours=24\n")
    broker.create_topics(stack.servers, "iris", 1)
    assert config(admin_of(stack), "iris.requests", creation.OLDEST) == str(12 * HOUR * 1000)


def test_a_broker_that_knows_no_bounds_of_timestamps_gets_the_topic_without_them(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creation, "OLDEST", "message.timestamp.unknown.ms")  # as 3.5 knows no before.max
    broker.create_topics(stack.servers, "iris", 2)
    assert partitions(admin_of(stack)) == dict.fromkeys(NAMES, 2)
    assert config(admin_of(stack), "iris.requests", "compression.type") == "uncompressed"


def test_the_topics_of_outcomes_get_as_many_partitions_as_the_requests_have(stack: Stack) -> None:
    admin = admin_of(stack)
    admin.create_topics([NewTopic("iris.requests", 3)])["iris.requests"].result(SECONDS)
    broker.create_topics(stack.servers, "iris", 6)
    assert partitions(admin) == dict.fromkeys(NAMES, 3)


def test_a_topic_that_another_has_just_created_is_waited_for(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = admin_of(stack)
    admin.create_topics([NewTopic("iris.requests", 3)])["iris.requests"].result(SECONDS)
    waited_for, wait, count = list[str](), KafkaAdminClient.wait_for_topics, creation._partition_counts

    def wait_and_note(client: KafkaAdminClient, topics: list[str]) -> None:
        wait(client, topics)
        waited_for.extend(topics)

    # The broker that is asked hears of new topics a moment later.
    monkeypatch.setattr(creation, "_partition_counts", lambda *asked: count(*asked) if waited_for else {})
    monkeypatch.setattr(KafkaAdminClient, "wait_for_topics", wait_and_note)
    broker.create_topics(stack.servers, "iris", 6)
    assert partitions(admin) == dict.fromkeys(NAMES, 3)


def rule(kind: ResourceType, name: str, operation: AclOperation, permission: AclPermissionType) -> AclBinding:
    """Return a rule for everybody."""
    return AclBinding(kind, name, ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", operation, permission)


@pytest.mark.own_broker
def test_where_all_topics_exist_no_permission_to_create_them_is_needed(stack: Stack) -> None:
    stack.broker.kill()
    stack.broker.start(AUTHORIZER)
    broker.create_topics(stack.servers, "iris", 2)
    rules = [
        rule(ResourceType.TOPIC, "*", AclOperation.DESCRIBE, AclPermissionType.ALLOW),
        rule(ResourceType.BROKER, "kafka-cluster", AclOperation.ALL, AclPermissionType.ALLOW),
        rule(ResourceType.BROKER, "kafka-cluster", AclOperation.CREATE, AclPermissionType.DENY),
    ]
    admin = admin_of(stack)
    for added in admin.create_acls(rules).values():
        added.result(SECONDS)
    broker.create_topics(stack.servers, "iris", 2)
    with pytest.raises(AuthorizationError):
        broker.create_topics(stack.servers, "rose", 2)


def test_a_broker_that_is_away_is_waited_for_only_as_long_as_asked() -> None:
    with pytest.raises(KafkaError):
        broker.create_topics(f"127.0.0.1:{ports.free_port()}", "iris", 1, bootstrap_seconds=0.5)
