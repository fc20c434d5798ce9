"""A batch in hand: the consumer stays in its group, and lets go of the batch when it is no longer its own."""

import time

import pytest
from kafka.structs import MemberState

from petalstream.lifecycle import Stop
from services.consumer import hold as holding
from services.consumer.hold import Hold, Interrupted
from tests.records import Record
from tests.unit.fakes import Consumer


def rebalanced_in_poll(number: int, generations: int, state: str) -> Consumer:
    """A consumer whose group is rebalanced in the poll of that number, and which gets no record."""
    consumer = Consumer()

    def polled(of: int) -> list[Record]:
        if of == number:
            consumer.rebalance(generations, state)
        return []

    consumer.on_poll = polled
    return consumer


def test_a_hold_pauses_polls_and_resumes_for_as_long_as_it_is_asked_to() -> None:
    consumer = Consumer()
    began = time.monotonic()
    Hold(consumer, Stop()).wait(0.05)
    assert 0.05 <= time.monotonic() - began < 5
    assert (consumer.done[0], consumer.done[-1]) == ("pause", "resume")
    assert set(consumer.done[1:-1]) == {"poll"}


def test_a_hold_asked_for_no_time_polls_once() -> None:
    consumer = Consumer()
    Hold(consumer, Stop()).wait(0)
    assert consumer.done == ["pause", "poll", "resume"]


def test_a_stop_interrupts_a_hold_before_it_polls_again() -> None:
    stop = Stop()

    def stop_in_the_second_poll(number: int) -> list[Record]:
        if number == 2:
            stop.request()
        return []

    consumer = Consumer(stop_in_the_second_poll)
    with pytest.raises(Interrupted, match="asked to stop"):
        Hold(consumer, stop).wait(60)
    assert consumer.done == ["pause", "poll", "poll"]
    with pytest.raises(Interrupted, match="asked to stop"):
        Hold(consumer, stop).beat()
    assert consumer.polls == 2


@pytest.mark.parametrize(
    ("generations", "state"), [(1, MemberState.STABLE), (0, MemberState.REBALANCING), (0, MemberState.UNJOINED)]
)
def test_another_generation_or_a_rebalance_under_way_interrupts_a_hold(generations: int, state: str) -> None:
    consumer = rebalanced_in_poll(2, generations, state)
    with pytest.raises(Interrupted, match="rebalanced"):
        Hold(consumer, Stop()).wait(60)
    assert consumer.done == ["pause", "poll", "poll"]


def test_a_rebalance_that_begins_in_the_last_poll_interrupts_too_and_nothing_is_resumed() -> None:
    consumer = rebalanced_in_poll(1, 0, MemberState.REBALANCING)
    with pytest.raises(Interrupted, match="rebalanced"):
        Hold(consumer, Stop()).wait(0)
    assert consumer.done == ["pause", "poll"]


def test_a_rebalance_between_two_waits_interrupts_the_second_one() -> None:
    consumer = Consumer()
    hold = Hold(consumer, Stop())
    before = hold.membership
    hold.wait(0)
    assert hold.membership is before
    consumer.rebalance()
    for _ in range(2):
        with pytest.raises(Interrupted, match="rebalanced"):
            hold.wait(0)
    assert hold.membership is before
    assert consumer.done.count("resume") == 1


def test_a_check_interrupts_once_the_membership_is_another_and_polls_nothing() -> None:
    consumer = Consumer()
    hold = Hold(consumer, Stop())
    hold.check()
    consumer.rebalance(0, MemberState.REBALANCING)
    with pytest.raises(Interrupted, match="rebalanced"):
        hold.check()
    consumer.rebalance(1, MemberState.STABLE)
    with pytest.raises(Interrupted, match="rebalanced"):
        hold.check()
    assert consumer.done == []


def test_the_next_batch_is_held_as_the_member_that_the_consumer_then_is() -> None:
    consumer = Consumer()
    hold = Hold(consumer, Stop())
    consumer.rebalance()
    hold.begin(consumer.membership())
    hold.check()
    hold.wait(0)
    assert hold.membership == consumer.member
    assert consumer.done == ["pause", "poll", "resume"]


def test_a_record_of_a_partition_that_was_not_paused_interrupts_a_hold() -> None:
    consumer = Consumer(lambda number: [Record()])
    with pytest.raises(Interrupted, match="rebalanced"):
        Hold(consumer, Stop()).wait(60)
    assert consumer.polls == 1


def test_a_beat_polls_only_where_the_last_poll_is_too_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Consumer()
    hold = Hold(consumer, Stop())
    hold.beat()
    assert consumer.polls == 0
    with monkeypatch.context() as later:
        later.setattr(holding, "BEAT_SECONDS", -1.0)
        hold.beat()
    assert consumer.done == ["pause", "poll", "resume"]
    hold.beat()
    assert consumer.polls == 1
    assert 0 < holding.BEAT_SECONDS <= 5, "the group gives a silent member up"
