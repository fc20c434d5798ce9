"""The topics that the Kafka consumer is subscribed to: those of the models, without those that cannot be read."""

import pytest

from petalstream.broker import UnreadableTopics
from services.consumer import subscription
from services.consumer.subscription import Subscription
from tests.members import Follower
from tests.unit.consumer.fakes import Consumer

LISTENER = Follower()
DENIED = UnreadableTopics(["rose.requests"], ValueError("no permission"))


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(subscription, "time", clock)
    return clock


def test_only_a_change_of_the_models_changes_the_subscription() -> None:
    consumer, names = Consumer(), {"iris"}
    own = Subscription(consumer, lambda: names)
    for _ in range(3):
        own.update(LISTENER)
    names.add("rose")
    own.update(LISTENER)
    own.update(LISTENER)
    assert consumer.subscribed == [["iris.requests"], ["iris.requests", "rose.requests"]]


def test_a_topic_that_cannot_be_read_is_left_out_for_longer_each_time(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")
    consumer = Consumer()
    own = Subscription(consumer, lambda: {"iris", "rose"})
    own.update(LISTENER)
    for seconds in (30, 60, 120, 240, 300, 300):
        own.leave_out(DENIED, LISTENER)
        assert consumer.subscribed[-1] == ["iris.requests"]
        assert caplog.messages[-1].endswith(f"this one is tried again after {seconds} s")
        clock.now += seconds - 1
        own.update(LISTENER)
        assert consumer.subscribed[-1] == ["iris.requests"]
        clock.now += 1
        own.update(LISTENER)
        assert consumer.subscribed[-1] == ["iris.requests", "rose.requests"]
    assert caplog.messages[0].startswith("rose.requests cannot be read: no permission; other topics are read on")


def test_a_topic_that_is_left_out_already_is_not_reported_again(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")
    consumer = Consumer()
    own = Subscription(consumer, lambda: {"iris", "rose"})
    own.update(LISTENER)
    for _ in range(3):
        own.leave_out(DENIED, LISTENER)
    assert consumer.subscribed == [["iris.requests", "rose.requests"], ["iris.requests"]]
    assert len(caplog.messages) == 1


def test_where_no_other_topic_is_left_the_error_is_raised() -> None:
    own = Subscription(Consumer(), lambda: {"rose"})
    own.update(LISTENER)
    with pytest.raises(UnreadableTopics):
        own.leave_out(DENIED, LISTENER)
