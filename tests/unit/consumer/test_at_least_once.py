"""At least once: only what failed is written again, and what the broker refuses becomes a dead letter."""

from collections.abc import Iterator

import pytest
from kafka.errors import InvalidRecordError, TopicAuthorizationFailedError
from tenacity import wait_none

from petalstream.broker import KafkaError, MessageSizeTooLargeError
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from petalstream.reasons import Fault, Reason
from services.consumer import error_policy
from services.consumer.assignment import AssignmentOver
from services.consumer.delivery.at_least_once import AtLeastOnceWriter
from services.consumer.delivery.uncommitted import Uncommitted
from services.consumer.delivery.writer import LazyProducer
from services.consumer.scoring.outcomes import dead
from tests.records import Record, as_received
from tests.unit.consumer.fakes import new_assignment
from tests.unit.consumer.outcomes import Producer, dead_letter, predicted


@pytest.fixture(autouse=True)
def without_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "for_broker", wait_none())


def writer(*producers: Producer) -> tuple[AtLeastOnceWriter, Uncommitted]:
    """A writer that gets these producers one after the other, and what it leaves to commit."""
    following: Iterator[Producer] = iter(producers)
    uncommitted = Uncommitted(1_000)
    return AtLeastOnceWriter("iris", LazyProducer(lambda: next(following)), uncommitted), uncommitted


def test_outcomes_are_written_in_order_and_then_left_to_commit() -> None:
    producer, assignment = Producer(), new_assignment()
    written, uncommitted = writer(producer)
    outcomes = [predicted(1), dead_letter(2), predicted(3)]
    assert written.write(outcomes, assignment) == outcomes
    assert producer.written == [outcome.message for outcome in outcomes]
    (batch,) = uncommitted.batches()
    assert ([record.offset for record in batch.records], batch.assignment) == ([1, 2, 3], assignment)


def test_after_an_error_a_new_producer_writes_only_what_failed() -> None:
    def lose_the_second(message: Message) -> KafkaError | None:
        return KafkaError("the broker has gone") if message.key == b"2" else None

    first, second = Producer(refuse=lose_the_second), Producer()
    written, _ = writer(first, second)
    written.write([predicted(1), predicted(2), predicted(3)], new_assignment())
    assert [message.key for message in first.written] == [b"1", b"3"]
    assert [message.key for message in second.written] == [b"2"]
    assert first.steps[-1] == "close"


def test_an_unexpected_error_is_logged_and_the_outcomes_are_written_again(caplog: pytest.LogCaptureFixture) -> None:
    def fail(step: str) -> None:
        raise ZeroDivisionError("a mistake")

    producer = Producer()
    written, uncommitted = writer(Producer(fail=fail), producer)
    written.write([predicted(1)], new_assignment())
    assert [message.key for message in producer.written] == [b"1"]
    assert len(uncommitted.batches()) == 1
    assert "ZeroDivisionError: a mistake" in caplog.text


def test_refused_records_are_found_among_those_that_fail_with_them() -> None:
    keys: list[bytes | None] = []

    def refuse_together(message: Message) -> KafkaError | None:
        # The broker refuses a whole batch for one of its records.
        return InvalidRecordError("no key") if producer.steps[-1] != "write 1" or message.key in bad else None

    producer, bad = Producer(refuse=refuse_together), {b"3", b"6"}
    written, uncommitted = writer(producer)
    outcomes = written.write([predicted(offset) for offset in range(8)], new_assignment())
    keys = [message.key for message in producer.written if message.topic == "iris.predictions"]
    assert sorted(keys, key=str) == [b"0", b"1", b"2", b"4", b"5", b"7"]
    dead = [DeadLetter.read(as_received(message)) for message in producer.written if "dead" in message.topic]
    assert [(each.offset, each.reason) for each in dead] == [(3, Reason.REJECTED), (6, Reason.REJECTED)]
    assert "no key" in dead[0].message
    assert "iris.predictions" in dead[0].message
    assert [outcome.record.offset for outcome in outcomes] == list(range(8))
    assert len(uncommitted.batches()) == 1


def test_a_dead_letter_that_is_too_large_is_written_without_bytes() -> None:
    def refuse(message: Message) -> KafkaError | None:
        return MessageSizeTooLargeError("too large") if message.value else None

    producer = Producer(refuse=refuse)
    written, _ = writer(producer)
    written.write([predicted(1)], new_assignment())
    (message,) = producer.written
    dead = DeadLetter.read(as_received(message))
    assert (dead.offset, dead.reason, dead.emptied) == (1, Reason.TOO_LARGE, "value, key, headers")


def test_the_first_reason_stays_when_its_dead_letter_is_refused() -> None:
    def refuse(message: Message) -> KafkaError | None:
        return MessageSizeTooLargeError("too large") if message.value else None

    producer = Producer(refuse=refuse)
    written, _ = writer(producer)
    written.write([dead_letter(1)], new_assignment())
    dead = DeadLetter.read(as_received(producer.written[0]))
    assert dead.reason == Reason.WRONG_TYPE
    assert dead.message.startswith("n must be a number; the broker refused")


@pytest.mark.parametrize("topic", ["iris.predictions", "iris.dead-letters"])
def test_a_refused_topic_is_written_to_again_until_it_is_there(topic: str) -> None:
    tries: list[str] = []

    def refuse(message: Message) -> KafkaError | None:
        tries.append(message.topic)
        return TopicAuthorizationFailedError(topic) if message.topic == topic and tries.count(topic) < 4 else None

    producer = Producer(refuse=refuse)
    written, _ = writer(*[producer] * 4)
    written.write([predicted(1), dead_letter(2)], new_assignment())
    assert sorted(message.topic for message in producer.written) == ["iris.dead-letters", "iris.predictions"]


def test_a_dead_letter_of_a_record_without_key_and_value_loses_its_headers_if_they_are_too_large() -> None:
    def refuse(message: Message) -> KafkaError | None:
        return MessageSizeTooLargeError("too large") if "trace" in dict(message.headers) else None

    producer = Producer(refuse=refuse)
    written, _ = writer(producer)
    record = Record(offset=1, key=None, value=b"", headers=[("trace", b"x" * 100)])
    written.write([dead(record, Fault(Reason.UNDECODABLE, "not JSON"), 0)], new_assignment())
    assert DeadLetter.read(as_received(producer.written[0])).reason == Reason.UNDECODABLE


def test_a_dead_letter_refused_even_without_bytes_waits() -> None:
    assignment, tries = new_assignment(), []

    def refuse(message: Message) -> KafkaError | None:
        tries.append(message)
        if len(tries) == 5:
            assignment.over.set()
        return InvalidRecordError("no key")

    written, uncommitted = writer(*[Producer(refuse=refuse)] * 10)
    with pytest.raises(AssignmentOver):
        written.write([dead_letter(1)], assignment)
    assert not uncommitted.batches()


def test_what_fails_is_left_when_the_assignment_is_over() -> None:
    assignment = new_assignment()
    assignment.over.set()
    written, uncommitted = writer(Producer(refuse=lambda message: KafkaError("the broker has gone")))
    with pytest.raises(AssignmentOver):
        written.write([predicted(1)], assignment)
    assert not uncommitted.batches()


def test_a_producer_that_cannot_be_created_is_tried_again() -> None:
    producer, tries = Producer(), []

    def create() -> Producer:
        tries.append(1)
        if len(tries) < 3:
            raise KafkaError("no broker")
        return producer

    AtLeastOnceWriter("iris", LazyProducer(create), Uncommitted(10)).write([predicted(1)], new_assignment())
    assert len(producer.written) == 1
