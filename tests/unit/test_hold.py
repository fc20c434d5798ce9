"""A batch in hand: the consumer stays in its group, and lets go of the batch when it is no longer its own."""

import time

import pytest

from petalstream.lifecycle import Stop
from services.consumer import patience
from services.consumer.patience import Hold, Interrupted
from tests.records import Record
from tests.unit.fakes import Consumer


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


def test_a_new_generation_of_the_group_interrupts_a_hold() -> None:
    consumer = Consumer()

    def rebalance(number: int) -> list[Record]:
        consumer.generation += 1
        return []

    consumer.on_poll = rebalance
    with pytest.raises(Interrupted, match="rebalanced"):
        Hold(consumer, Stop()).wait(60)
    assert consumer.polls == 1


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
        later.setattr(patience, "BEAT_SECONDS", -1.0)
        hold.beat()
    assert consumer.done == ["pause", "poll", "resume"]
    hold.beat()
    assert consumer.polls == 1
    assert 0 < patience.BEAT_SECONDS <= 5, "the group gives a silent member up"
