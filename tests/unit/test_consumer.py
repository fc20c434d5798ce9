"""The consumer's loop: score, deliver, and only then show; nothing is shown of what was not delivered."""

from collections.abc import Sequence
from typing import Any

import pytest

from petalstream.broker import KafkaError, UnreadableRecords
from petalstream.dead_letters import DeadLetter
from petalstream.lifecycle import Stop
from petalstream.messages import Message, ReceivedRecord, place
from petalstream.reasons import Reason
from petalstream.settings import Servers, Settings
from services.consumer import session
from services.consumer.loop import Worker
from services.consumer.patience import Interrupted
from services.consumer.scoring import Scoring
from tests.records import Record, as_received
from tests.unit.fakes import Consumer


class Ledger:
    """Keeps, in order, what a worker prepares and delivers; `refuse` is what a delivery raises."""

    def __init__(self, capsys: pytest.CaptureFixture[str], refuse: Exception | None = None) -> None:
        self._capsys, self._refuse = capsys, refuse
        self.steps: list[str] = []
        self.messages: list[Message] = []
        self.shown = ""

    def prepare(self, model: str) -> None:
        self.steps.append(f"prepare {model}")

    def deliver(self, messages: Sequence[Message], records: Sequence[ReceivedRecord]) -> None:
        self.shown += self._capsys.readouterr().out
        self.steps.append("deliver " + " ".join(map(place, records)))
        self.messages += messages
        if self._refuse:
            raise self._refuse


def ask(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
    """Predicts every row but an empty one."""
    answer = {"model": model, "version": "3", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}
    missing = {"errors": [{"field": "n", "message": "is missing", "reason": "missing_feature"}]}
    return [missing if row == b"{}" else answer for row in rows]


def work(ledger: Ledger, *batches: list[Record] | Exception, ask: Any = ask) -> None:
    """Have a worker work on the batches that are polled, until it is asked to stop after the last one."""
    stop = Stop()

    def polled(number: int) -> list[Record]:
        if number >= len(batches):
            stop.request()
        batch = batches[number - 1] if number <= len(batches) else []
        if isinstance(batch, Exception):
            raise batch
        return batch

    Worker(Consumer(polled), Scoring(ask, 1_000, 1_000), ledger.deliver, ledger.prepare, 500).run(stop)


def record(offset: int, partition: int = 0, topic: str = "iris.requests", value: bytes = b'{"n": 1}') -> Record:
    return Record(topic, partition, offset, value=value)


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
        work(ledger, [record(5)], ask=interrupted)
    assert ledger.steps == []


def test_each_offset_that_cannot_be_read_is_a_dead_letter_and_then_the_error_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger = Ledger(capsys)
    fault = UnreadableRecords("iris.requests", 3, 17, 19, ValueError("failed crc check"))
    with pytest.raises(UnreadableRecords) as raised:
        work(ledger, fault, [record(19, partition=3)])
    assert raised.value is fault
    assert ledger.steps == ["prepare iris", "deliver iris.requests[3]@17 iris.requests[3]@18"]
    letters = [DeadLetter.read(as_received(message)) for message in ledger.messages]
    assert [(letter.topic, letter.partition, letter.offset) for letter in letters] == [
        ("iris.requests", 3, 17),
        ("iris.requests", 3, 18),
    ]
    for letter in letters:
        assert (letter.reason, letter.attempts, letter.emptied) == (Reason.CORRUPT, 0, "value")
        assert "iris.requests[3]@17 to 18 cannot be read: failed crc check" in letter.message
        assert not letter.replayable
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_nothing_is_shown_of_unreadable_offsets_that_were_not_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(capsys, refuse=KafkaError("the broker said no"))
    with pytest.raises(KafkaError, match="the broker said no"):
        work(ledger, UnreadableRecords("iris.requests", 3, 17, 18, ValueError("failed crc check")))
    assert capsys.readouterr().out == ""


def test_a_stop_is_seen_between_two_batches(capsys: pytest.CaptureFixture[str]) -> None:
    stop, consumer, ledger = Stop(), Consumer(lambda number: [record(1)]), Ledger(capsys)
    stop.request()
    Worker(consumer, Scoring(ask, 1_000, 1_000), ledger.deliver, ledger.prepare, 500).run(stop)
    assert (consumer.polls, ledger.steps) == (0, [])


def test_a_consumer_that_is_asked_to_stop_before_it_began_opens_no_client() -> None:
    stop = Stop()
    stop.request()
    session.serve(Settings(kafka_bootstrap_servers=Servers("nowhere.invalid:9")), "me", stop)
