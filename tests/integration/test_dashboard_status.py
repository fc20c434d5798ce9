"""What the live page learns of broker, consumer group, lanes and api from the real ones."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from embedded.waiting import wait_until
from petalstream import broker, keys
from petalstream.broker import Partition
from petalstream.lane_state import LaneState, lanes_topic, write_lane
from petalstream.messages import Message
from services.dashboard.snapshot import Condition, Lane
from services.dashboard.status.api_status import ApiStatus
from services.dashboard.status.broker_status import BrokerStatus
from services.dashboard.status.facts import Bounds
from tests.stack import Stack

SECONDS = 60


@contextmanager
def asking(stack: Stack) -> Iterator[BrokerStatus]:
    """The status of a stack's broker, which a test updates by itself."""
    with closing(BrokerStatus(stack.servers, stack.settings.consumer_group)) as status:
        yield status


def await_group(status: BrokerStatus, condition: Condition, state: str) -> None:
    """Update until the consumer group is so."""

    def is_so() -> bool:
        status.update()
        return (status.consumer.condition, status.consumer.state) == (condition, state)

    wait_until(is_so, f"the group to be {state}", SECONDS)


@pytest.mark.long
def test_a_group_is_without_members_then_consuming_then_without_members_again(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 3)
    stack.use_shared_api()
    with asking(stack) as status:
        assert status.broker.condition is Condition.UNKNOWN
        status.update()
        assert (status.broker.condition, status.broker.state) == (Condition.GOOD, "reachable")
        assert status.broker.words == "1 broker answers"
        assert (status.consumer.condition, status.consumer.state) == (Condition.BAD, "no member")
        assert status.facts.topics["iris.requests"].partitions == dict.fromkeys(range(3), Bounds(0, 0, 0))
        consumer = stack.consume()
        await_group(status, Condition.GOOD, "consuming")
        assert status.consumer.words == "1 member"
        stack.write([Message("iris.requests", b"1", b"{}", [], 2) for _ in range(5)])

        def is_committed() -> bool:
            status.update()
            return status.facts.committed.get(Partition("iris.requests", 2)) == 5

        wait_until(is_committed, "the group to have committed 5 records", SECONDS)
        assert status.facts.topics["iris.requests"].partitions[2][1] >= 5
        consumer.process.send_signal(signal.SIGTERM)
        assert consumer.process.wait(SECONDS) == 0
        await_group(status, Condition.BAD, "no member")


def test_lanes_are_paused_and_resumed_and_what_is_no_state_is_ignored(stack: Stack) -> None:
    group = stack.settings.consumer_group
    with asking(stack) as status:
        status.update()
        assert status.lanes == {}

        def await_lane(model: str, lane: Lane) -> None:
            def is_so() -> bool:
                status.update()
                return status.lanes.get(model) == lane

            wait_until(is_so, f"the lane of {model} to be {lane}", SECONDS)

        broker.create_compacted_topic(stack.servers, lanes_topic(group))
        paused = LaneState.paused("too many dead letters \x1b[31m")
        write_lane(stack.servers, group, "iris", paused)
        await_lane("iris", Lane(True, paused.since, r"too many dead letters \x1b[31m"))
        stack.write([Message(lanes_topic(group), b"iris", b"[]", []), Message(lanes_topic(group), b"\xff", b"{}", [])])
        running = LaneState.running()
        write_lane(stack.servers, group, "iris", running)
        await_lane("iris", Lane(False, running.since, ""))
        write_lane(stack.servers, group, "rose", paused)
        with asking(stack) as later:
            later.update()
            later.update()
            assert later.lanes["rose"].is_paused
            assert not later.lanes["iris"].is_paused


@pytest.mark.long
@pytest.mark.own_broker
def test_a_broker_that_is_away_is_a_state_and_one_that_is_back_too(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    with asking(stack) as status:
        status.update()
        stack.broker.kill()
        status.update()
        assert (status.broker.condition, status.broker.state) == (Condition.BAD, "not reachable")
        assert status.broker.words
        assert (status.consumer.condition, status.consumer.words) == (Condition.UNKNOWN, "Kafka is not reachable")
        assert "iris.requests" in status.facts.topics, "what was known last"
        stack.broker.start()

        def is_back() -> bool:
            status.update()
            return status.broker.condition is Condition.GOOD

        wait_until(is_back, "the broker to be shown as reachable", SECONDS)
        assert status.consumer.state == "no member"


def test_the_real_api_tells_version_history_and_quality_and_an_unreachable_one_is_a_state(stack: Stack) -> None:
    stack.use_shared_api()
    status = ApiStatus(stack.settings.api_url, keys.authorization(stack.settings.api_keys))
    status.update()
    assert (status.part.condition, status.part.words) == (Condition.GOOD, "serves 1 model")
    found = status.models["iris"]
    assert (found.title, found.version, found.moved_by) == ("Iris", "1", "training")
    assert found.since
    assert found.test_quality
    assert (found.test_quality.metric, found.test_quality.rows) == ("accuracy", 30)
    away = ApiStatus(f"http://127.0.0.1:{stack.settings.api_port}", {})
    away.update()
    assert (away.part.condition, away.part.state) == (Condition.BAD, "not reachable")
