"""Outcomes that were refused for their size: the culprit is replaced, by less the second time, its neighbours never."""

import json
import logging

import pytest

from petalstream.broker import KafkaError
from petalstream.dead_letters import DeadLetter, write_dead_letter
from petalstream.messages import Message
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.refusals import Refusals
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import Request
from tests.records import Record, as_received

LIMITS = {"iris.predictions": 1_000, "iris.dead-letters": 10_000, "rose.predictions": 100, "rose.dead-letters": 10_000}
REJECTED = Fault(Reason.REJECTED, "the api answered 400")


def predicted(offset: int, length: int, attempts: int = 1, model: str = "iris") -> Outcome:
    """The prediction of the record at that offset, of so many bytes."""
    record = Record(f"{model}.requests", 0, offset, key=b"key", value=b'{"n": 1}', headers=[("own", b"1")])
    answer = {"label": "setosa"}
    request = Request(record, model, json.loads(b'{"n": 1}'), {})
    return Outcome(record, Message(f"{model}.predictions", None, b"x" * length, []), (request, answer), attempts)


def dead(offset: int, length: int = 8, attempts: int = 2) -> Outcome:
    """The dead letter of a record of so many bytes."""
    record = Record(offset=offset, key=b"key", value=b"x" * length, headers=[("own", b"1")])
    return Outcome(record, write_dead_letter(record, REJECTED, attempts), REJECTED, attempts)


def letter_of(outcome: Outcome) -> DeadLetter:
    """The dead letter that an outcome now is, after checking that it tells the same as the verdict."""
    letter = DeadLetter.read(as_received(outcome.message))
    assert isinstance(outcome.verdict, Fault)
    assert (letter.reason, letter.message) == (outcome.verdict.reason, outcome.verdict.message)
    assert (letter.topic, letter.offset) == (outcome.record.topic, outcome.record.offset)
    assert letter.attempts == outcome.attempts
    return letter


def test_what_was_never_refused_stays_as_it_is() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    for outcome in (predicted(1, 5_000), dead(2, 50_000)):
        assert refusals.instead([outcome])[0] is outcome


def test_the_culprit_is_the_largest_beside_what_its_topic_takes() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    batch = [predicted(1, 900), dead(2, 5_000), predicted(3, 150, model="rose"), predicted(4, 1_100)]
    refusals.remember(batch)
    now = refusals.instead(batch)
    assert [number for number, outcome in enumerate(now) if outcome is not batch[number]] == [2]
    assert letter_of(now[2]).topic == "rose.requests"


def test_a_prediction_that_was_refused_is_a_dead_letter_with_the_requests_bytes_and_attempts() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    refused = predicted(7, 1_100, attempts=5)
    refusals.remember([predicted(6, 1_000), refused])
    (instead,) = refusals.instead([refused])
    letter = letter_of(instead)
    assert instead.record is refused.record
    assert instead.message.topic == "iris.dead-letters"
    assert (letter.reason, letter.attempts, letter.emptied) == (Reason.TOO_LARGE, 5, "")
    assert (letter.record.key, letter.record.value, letter.headers) == (b"key", b'{"n": 1}', [("own", b"1")])
    assert "iris.predictions takes 1000 bytes (max.message.bytes)" in letter.message
    assert letter.replayable


def bare(outcome: Outcome, attempts: int) -> None:
    """Check that nothing of the request's own is written any more but its place."""
    letter = letter_of(outcome)
    assert outcome.message.size < 1_000
    assert (letter.record.key, letter.record.value, letter.headers) == (None, b"", [])
    assert (letter.reason, letter.attempts, letter.emptied) == (Reason.TOO_LARGE, attempts, "value, key, headers")
    assert "iris.dead-letters takes 10000 bytes" in letter.message
    assert not letter.replayable


def test_a_dead_letter_that_was_refused_is_written_without_the_requests_bytes() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    refused = dead(7, 20_000, attempts=3)
    refusals.remember([predicted(6, 1_100), refused])
    bare(refusals.instead([refused])[0], attempts=3)


def test_a_prediction_whose_dead_letter_was_refused_too_is_one_without_bytes() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    refused = predicted(7, 1_100, attempts=4)
    refusals.remember([refused])
    refusals.remember(refusals.instead([refused]))
    bare(refusals.instead([refused])[0], attempts=4)


def test_a_record_whose_outcome_goes_to_another_topic_this_time_keeps_it() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    refusals.remember([predicted(7, 1_100)])
    outcome = dead(7, attempts=9)
    assert refusals.instead([outcome])[0] is outcome


def test_the_same_offset_of_another_partition_or_topic_is_not_taken_for_the_culprit() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    refusals.remember([predicted(7, 1_100)])
    other = Record(partition=1, offset=7)
    for outcome in (
        Outcome(other, write_dead_letter(other, REJECTED, 1), REJECTED, 1),
        predicted(7, 1_100, model="rose"),
        predicted(8, 1_100),
    ):
        assert refusals.instead([outcome])[0] is outcome


def test_several_culprits_are_found_one_after_the_other() -> None:
    refusals = Refusals(LIMITS.__getitem__)
    batch = [predicted(1, 1_200), predicted(2, 500), predicted(3, 1_100)]
    for _ in range(2):
        refusals.remember(refusals.instead(batch))
    assert [isinstance(outcome.verdict, Fault) for outcome in refusals.instead(batch)] == [True, False, True]


def test_each_topic_is_asked_about_once_and_the_log_names_culprit_topic_and_limit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[str] = []

    def limit(topic: str) -> int:
        asked.append(topic)
        return LIMITS[topic]

    Refusals(limit).remember([predicted(1, 1_100), predicted(2, 500), dead(3)])
    assert sorted(asked) == ["iris.dead-letters", "iris.predictions"]
    (entry,) = caplog.records
    assert entry.levelno == logging.ERROR
    assert entry.message.startswith("iris.requests[0]@1: iris.predictions takes 1000 bytes (max.message.bytes)")


def test_where_the_broker_does_not_tell_a_limit_nothing_is_remembered() -> None:
    def limit(topic: str) -> int:
        raise KafkaError("no answer")

    refusals, refused = Refusals(limit), predicted(1, 1_100)
    with pytest.raises(KafkaError, match="no answer"):
        refusals.remember([refused])
    assert refusals.instead([refused])[0] is refused
