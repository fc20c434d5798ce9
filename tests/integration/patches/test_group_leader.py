"""kafka-python's leader of a group that was away for a while still needs group_workarounds._lead_again."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from embedded.waiting import wait_until
from petalstream.broker.kafka_python import KafkaPython, clients, group_workarounds
from petalstream.broker.kafka_python.consumer import Consumer
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, without
from tests.members import Follower

# What a client does without a patch changes with its version alone.
pytestmark = pytest.mark.long

FIRST, REFRESH_SECONDS = "patches.first", 0.3


@contextmanager
def member(servers: str, group: str, *topics: str) -> Iterator[Consumer]:
    """A member of a group that has a partition of the first topic; it is closed without leaving the group."""
    consumer = KafkaPython().consumer(servers, group, "leader", SECONDS)
    try:
        consumer.subscribe(topics, Follower())
        wait_until(lambda: has(consumer, FIRST), "a partition", SECONDS)
        yield consumer
    finally:
        consumer.close(1)


def has(consumer: Consumer, topic: str) -> bool:
    """Poll, and say whether the consumer has a partition of the topic."""
    consumer.poll(0.1, 1)
    return topic in consumer.topics()


def has_a_later_topic(servers: str, later: str) -> bool:
    """Whether a leader that is back within its session is assigned a topic that is created then."""
    group = uuid.uuid4().hex
    with member(servers, group, FIRST, later):
        pass
    with member(servers, group, FIRST, later) as own:
        create(servers, later)
        try:
            wait_until(lambda: has(own, later), "the later topic", 20 * REFRESH_SECONDS)
        except TimeoutError:
            return False
        return True


def test_the_client_assigns_no_later_topic_where_the_leader_came_back(
    kafka_broker: LocalBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "METADATA_MS", REFRESH_SECONDS * 1000)
    create(kafka_broker.servers, FIRST)
    with without(group_workarounds, "_lead_again"):
        is_missing = not has_a_later_topic(kafka_broker.servers, "patches.second")
        assert_needed("group_workarounds._lead_again", is_missing)
    assert has_a_later_topic(kafka_broker.servers, "patches.third")
