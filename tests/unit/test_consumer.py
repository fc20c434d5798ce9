"""The consumer's loop: score, deliver, and only then show; nothing is shown of what was not delivered."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from kafka.structs import MemberState

from petalstream.broker import KafkaError
from petalstream.lifecycle import Stop
from services.consumer.ahead import NotAtOnce
from services.consumer.hold import Interrupted
from tests.records import Record
from tests.unit.fakes import Consumer
from tests.unit.working import Ledger, ask, record, work, worker


def test_messages_and_records_are_delivered_together_and_only_then_shown(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(capsys)
    work(ledger, [record(5), record(6, value=b"{}"), record(2, partition=1)])
    assert ledger.steps == ["prepare iris", "deliver iris.requests[0]@5 iris.requests[0]@6 iris.requests[1]@2"]
    assert [message.topic for message in ledger.messages] == [
        "iris.predictions",
        "iris.dead-letters",
        "iris.predictions",
    ]
    assert ledger.shown == ""
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "iris.requests[0]@5",
        "iris.requests[0]@6",
        "iris.requests[1]@2",
    ]
    assert lines[1] == "iris.requests[0]@6  ->  dead letter, missing_feature: n is missing"


def test_batch_after_batch_is_delivered_and_an_empty_poll_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(capsys)
    work(ledger, [record(1)], [], [record(2)])
    assert [step for step in ledger.steps if step.startswith("deliver")] == [
        "deliver iris.requests[0]@1",
        "deliver iris.requests[0]@2",
    ]


def test_each_model_is_prepared_once_before_its_batch_is_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(capsys)
    work(ledger, [record(1), record(9, topic="rose.requests"), record(2), record(3, topic="rose.requests")])
    assert sorted(ledger.steps[:2]) == ["prepare iris", "prepare rose"]
    assert ledger.steps[2].startswith("deliver ")
    assert len(ledger.steps) == 3


def test_nothing_is_shown_of_what_was_not_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(capsys, refuse=KafkaError("the broker said no"))
    with pytest.raises(KafkaError, match="the broker said no"):
        work(ledger, [record(5)], [record(6)])
    assert ledger.steps == ["prepare iris", "deliver iris.requests[0]@5"]
    assert capsys.readouterr().out == ""


def test_nothing_is_delivered_of_a_batch_whose_scoring_was_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(model: str, rows: Sequence[bytes]) -> None:
        raise Interrupted("the group was rebalanced")

    ledger = Ledger(capsys)
    with pytest.raises(Interrupted):
        work(ledger, [record(5)], asking=interrupted)
    assert ledger.steps == []


def test_each_batch_is_delivered_as_the_member_that_it_was_polled_as(capsys: pytest.CaptureFixture[str]) -> None:
    ledger, consumer = Ledger(capsys), Consumer()
    ledger.on_deliver = lambda: consumer.rebalance()
    work(ledger, [record(1)], [], [record(2)], consumer=consumer)
    assert [membership.generation_id for membership in ledger.memberships] == [7, 8]


@pytest.mark.parametrize("state", [MemberState.STABLE, MemberState.REBALANCING])
def test_nothing_is_delivered_of_a_batch_that_is_no_longer_this_consumers_once_it_is_scored(
    capsys: pytest.CaptureFixture[str], state: str
) -> None:
    ledger, consumer = Ledger(capsys), Consumer()

    def slow(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        consumer.rebalance(int(state == MemberState.STABLE), state)
        return ask(model, rows)

    with pytest.raises(Interrupted, match="rebalanced"):
        work(ledger, [record(1)], asking=slow, consumer=consumer)
    assert (ledger.messages, ledger.shown, capsys.readouterr().out) == ([], "", "")


def test_a_rebalance_while_a_models_topics_are_made_is_seen_before_anything_is_delivered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger, consumer = Ledger(capsys), Consumer()
    ledger.on_prepare = lambda: consumer.rebalance()
    with pytest.raises(Interrupted, match="rebalanced"):
        work(ledger, [record(1)], consumer=consumer)
    assert ledger.steps == ["prepare iris"]


def test_the_next_batch_is_scored_while_one_is_delivered_and_delivered_after_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger, second_is_asked_for = Ledger(capsys), threading.Event()

    def asked(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        if rows == [b'{"n": 2}']:
            second_is_asked_for.set()
        return ask(model, rows)

    def delivering() -> None:
        assert second_is_asked_for.wait(20), "the second batch was not asked for while the first was delivered"

    ledger.on_deliver = delivering
    work(ledger, [record(1)], [record(2, value=b'{"n": 2}')], asking=asked)
    assert ledger.delivered == ["iris.requests[0]@1", "iris.requests[0]@2"]


@pytest.mark.parametrize("state", [MemberState.STABLE, MemberState.REBALANCING])
def test_a_rebalance_in_the_poll_for_the_next_batch_drops_the_one_in_hand_too(
    capsys: pytest.CaptureFixture[str], state: str
) -> None:
    ledger, consumer, stop = Ledger(capsys), Consumer(), Stop()

    def polled(number: int) -> list[Record]:
        if number == 2:
            consumer.rebalance(int(state == MemberState.STABLE), state)
        return [record(number)]

    consumer.on_poll = polled
    with pytest.raises(Interrupted, match="rebalanced"):
        worker(consumer, ledger, stop).run(stop)
    assert (consumer.polls, ledger.delivered) == (2, [])


def test_a_rebalance_while_one_batch_is_delivered_drops_the_next_that_was_polled_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger, consumer = Ledger(capsys), Consumer()
    ledger.on_deliver = lambda: consumer.rebalance()
    with pytest.raises(Interrupted, match="rebalanced"):
        work(ledger, [record(1)], [record(2)], consumer=consumer)
    assert ledger.delivered == ["iris.requests[0]@1"]


def test_what_the_api_does_not_answer_at_once_is_asked_for_again_in_its_turn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def at_once(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        asked.append("at once")
        raise NotAtOnce

    def patiently(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        asked.append("patiently")
        return ask(model, rows)

    ledger = Ledger(capsys)
    work(ledger, [record(1)], [record(2)], asking=patiently, asking_at_once=at_once)
    assert asked == ["at once", "patiently"] * 2
    assert ledger.delivered == ["iris.requests[0]@1", "iris.requests[0]@2"]


def test_a_stop_while_one_batch_is_delivered_leaves_the_next_one(capsys: pytest.CaptureFixture[str]) -> None:
    stop, ledger = Stop(), Ledger(capsys)
    ledger.on_deliver = stop.request
    worker(Consumer(lambda number: [record(number)]), ledger, stop).run(stop)
    assert ledger.delivered == ["iris.requests[0]@1"]


def test_a_stop_is_seen_between_two_batches(capsys: pytest.CaptureFixture[str]) -> None:
    stop, consumer, ledger = Stop(), Consumer(lambda number: [record(1)]), Ledger(capsys)
    stop.request()
    worker(consumer, ledger, stop).run(stop)
    assert (consumer.polls, ledger.steps) == (0, [])
