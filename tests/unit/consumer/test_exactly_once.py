"""Exactly once: a batch is one transaction; after an error the broker is asked whether it was committed."""

import pytest
from kafka.errors import InvalidRecordError
from tenacity import wait_none

from petalstream.broker import (
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFencedError,
)
from petalstream.messages import Message
from services.consumer import error_policy
from services.consumer.assignment import AssignmentOver
from services.consumer.delivery.exactly_once import ExactlyOnceWriter
from services.consumer.delivery.writer import LazyProducer
from tests.unit.consumer.fakes import new_assignment
from tests.unit.consumer.outcomes import Producer, predicted
from tests.unit.consumer.transactions import failing_once, keys, writer


@pytest.fixture(autouse=True)
def without_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "for_broker", wait_none())


def test_a_batch_is_one_transaction() -> None:
    producer = Producer()
    outcomes = [predicted(1), predicted(2)]
    assert writer(producer).write(outcomes, new_assignment()) == outcomes
    assert producer.steps == ["begin", "write 2", "commit"]
    assert keys(producer.committed) == [b"1", b"2"]


@pytest.mark.parametrize("step", ["begin", "write 1"])
def test_what_failed_before_the_commit_is_written_again_by_a_new_producer(step: str) -> None:
    first, second = failing_once(step), Producer()
    writer(first, second).write([predicted(1)], new_assignment())
    assert (first.committed, keys(second.committed)) == ([], [b"1"])
    assert first.steps[-1] == "close"


def test_a_transaction_that_failed_is_aborted_before_the_wait() -> None:
    first = failing_once("write 1")
    writer(first, Producer()).write([predicted(1)], new_assignment())
    assert first.steps == ["begin", "write 1", "abort", "close"]


def test_a_transaction_whose_commit_failed_is_not_aborted() -> None:
    first = failing_once("commit")
    writer(first, Producer(), committed=True).write([predicted(1)], new_assignment())
    assert first.steps == ["begin", "write 1", "commit", "close"]


def test_a_failed_commit_that_the_broker_has_is_not_repeated() -> None:
    second = Producer()
    writer(failing_once("commit"), second, committed=True).write([predicted(1)], new_assignment())
    assert not second.steps


def test_a_failed_commit_that_the_broker_has_not_is_repeated() -> None:
    second = Producer()
    writer(failing_once("commit"), second, committed=False).write([predicted(1)], new_assignment())
    assert keys(second.committed) == [b"1"]


def test_the_broker_is_asked_about_a_commit_only_in_the_batch_of_that_commit() -> None:
    assignment, second = new_assignment(), Producer()

    def fail(step: str) -> None:
        if step == "commit":
            assignment.over.set()
            raise KafkaError("commit failed")

    writing = writer(Producer(fail=fail), second, committed=True)
    with pytest.raises(AssignmentOver):
        writing.write([predicted(1)], assignment)
    writing.write([predicted(2)], new_assignment("next"))
    assert keys(second.committed) == [b"2"]


def test_refused_records_become_dead_letters_in_the_same_transaction_as_the_others() -> None:
    def refuse(message: Message) -> KafkaError | None:
        return MessageSizeTooLargeError("too large") if len(message.value or b"") > 100 and message.key else None

    def refuse_together(message: Message) -> KafkaError | None:
        if producer.steps[-1] == "write 1":
            return refuse(message)
        return None if all_good(producer) else InvalidRecordError("one of these is bad")

    def all_good(producer: Producer) -> bool:
        return len(producer.steps) > 1 and replaced[0] >= 2

    replaced = [0]

    def count(message: Message) -> KafkaError | None:
        error = refuse_together(message)
        if producer.steps[-1] == "write 1" and error:
            replaced[0] += 1
        return error

    producer = Producer(refuse=count)
    outcomes = [predicted(offset, size=500 if offset in (2, 5) else 10) for offset in range(8)]
    written = writer(producer).write(outcomes, new_assignment())
    assert keys(producer.committed) == [b"0", b"1", b"3", b"4", b"6", b"7"]
    assert [message.topic for message in producer.committed].count("iris.dead-letters") == 2
    assert producer.steps.count("commit") == 1
    assert [outcome.record.offset for outcome in written] == list(range(8))


def test_where_only_the_whole_batch_is_too_large_less_is_written_at_once() -> None:
    def refuse(message: Message) -> KafkaError | None:
        return None if int(producer.steps[-1].split()[1]) <= 3 else MessageSizeTooLargeError("the batch")

    producer = Producer(refuse=refuse)
    writer(producer).write([predicted(offset) for offset in range(8)], new_assignment())
    assert keys(producer.committed) == [b"%d" % offset for offset in range(8)]


def test_a_fenced_producer_is_replaced_until_the_assignment_is_over() -> None:
    assignment, created = new_assignment(), []

    def fail(step: str) -> None:
        created.extend([step] if step == "begin" else [])
        if len(created) == 5:
            assignment.over.set()
        raise ProducerFencedError("another one has this id")

    with pytest.raises(AssignmentOver):
        writer(*[Producer(fail=fail)] * 9).write([predicted(1)], assignment)
    assert len(created) == 5


def test_opening_ends_what_an_earlier_producer_left_open_and_survives_a_broker_that_is_away() -> None:
    producer, tries = Producer(), []

    def create() -> Producer:
        tries.append(1)
        if len(tries) == 1:
            raise KafkaError("no broker")
        return producer

    writing = ExactlyOnceWriter("iris", LazyProducer(create), lambda records: False)
    writing.open()
    writing.write([predicted(1)], new_assignment())
    assert keys(producer.committed) == [b"1"]
