"""The consumer's loop where bytes cannot be read or an outcome is refused: told, passed by, and raised."""

import pytest

from petalstream.broker import FencedInstanceIdError, KafkaError, MessageSizeTooLargeError, UnreadableRecords
from petalstream.dead_letters import DeadLetter
from petalstream.reasons import Reason
from services.consumer.hold import Interrupted
from services.consumer.refusals import Refusals
from tests.records import as_received
from tests.unit.fakes import Consumer
from tests.unit.working import Ledger, record, work

CORRUPT = ValueError("failed crc check")


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


def test_a_batch_in_hand_is_delivered_before_the_unreadable_offsets_behind_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger = Ledger(capsys)
    with pytest.raises(UnreadableRecords):
        work(ledger, [record(16, partition=3)], UnreadableRecords("iris.requests", 3, 17, 18, CORRUPT))
    assert ledger.delivered == ["iris.requests[3]@16", "iris.requests[3]@17"]


def test_a_batch_in_hand_is_delivered_where_the_next_poll_fails_unless_this_consumer_was_fenced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for error, delivered in ((KafkaError("no"), ["iris.requests[0]@1"]), (FencedInstanceIdError("twin"), [])):
        ledger = Ledger(capsys)
        with pytest.raises(type(error)):
            work(ledger, [record(1)], error)
        assert ledger.delivered == delivered


def test_nothing_is_shown_of_unreadable_offsets_that_were_not_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(capsys, refuse=KafkaError("the broker said no"))
    with pytest.raises(KafkaError, match="the broker said no"):
        work(ledger, UnreadableRecords("iris.requests", 3, 17, 18, ValueError("failed crc check")))
    assert capsys.readouterr().out == ""


def test_very_many_unreadable_offsets_are_delivered_in_as_many_batches_as_they_fill(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger = Ledger(capsys)
    with pytest.raises(UnreadableRecords):
        work(ledger, UnreadableRecords("iris.requests", 3, 17, 22, CORRUPT), batch_records=2)
    assert ledger.delivered == [
        "iris.requests[3]@17 iris.requests[3]@18",
        "iris.requests[3]@19 iris.requests[3]@20",
        "iris.requests[3]@21",
    ]
    told = {DeadLetter.read(as_received(message)).message for message in ledger.messages}
    assert told == {"iris.requests[3]@17 to 21 cannot be read: failed crc check"}
    # What was delivered and committed before is shown, whatever becomes of the rest.
    assert [line.split("  ")[0] for line in ledger.shown.splitlines()] == [
        f"iris.requests[3]@{offset}" for offset in range(17, 21)
    ]


def test_a_rebalance_between_two_batches_of_unreadable_offsets_leaves_the_rest_to_their_new_owner(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger, consumer = Ledger(capsys), Consumer()
    ledger.on_deliver = lambda: consumer.rebalance()
    fault = UnreadableRecords("iris.requests", 3, 17, 22, CORRUPT)
    with pytest.raises(Interrupted, match="rebalanced"):
        work(ledger, fault, batch_records=2, consumer=consumer)
    assert ledger.delivered == ["iris.requests[3]@17 iris.requests[3]@18"]


def limit(topic: str) -> int:
    """How much a topic takes that somebody made too small for predictions."""
    return {"iris.predictions": 10, "iris.dead-letters": 2_000_000}[topic]


def test_a_refusal_for_size_is_raised_and_then_a_dead_letter_stands_in_the_place_of_the_culprit_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refusals, error = Refusals(limit), MessageSizeTooLargeError("refused")
    batch = [record(5), record(6, value=b'{"n": "%s"}' % (b"x" * 99)), record(7, value=b"{}")]
    with pytest.raises(MessageSizeTooLargeError) as raised:
        work(Ledger(capsys, refuse=error), batch, refusals=refusals)
    assert raised.value is error
    assert capsys.readouterr().out == ""
    again = Ledger(capsys)
    work(again, batch, refusals=refusals)
    assert [message.topic for message in again.messages] == [
        "iris.predictions",
        "iris.dead-letters",
        "iris.dead-letters",
    ]
    letters = [DeadLetter.read(as_received(message)) for message in again.messages[1:]]
    assert [(letter.offset, letter.reason) for letter in letters] == [
        (6, Reason.TOO_LARGE),
        (7, Reason.MISSING_FEATURE),
    ]
    assert letters[0].record.value == batch[1].value
    assert "dead letter, too_large: iris.predictions takes 10 bytes" in capsys.readouterr().out.splitlines()[1]


def test_another_refusal_of_the_broker_is_not_remembered_against_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    refusals = Refusals(limit)
    with pytest.raises(KafkaError, match="the broker said no"):
        work(Ledger(capsys, refuse=KafkaError("the broker said no")), [record(5)], refusals=refusals)
    again = Ledger(capsys)
    work(again, [record(5)], refusals=refusals)
    assert [message.topic for message in again.messages] == ["iris.predictions"]
