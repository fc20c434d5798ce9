"""Exactly once while the group is rebalanced: the same producer goes on with the next membership."""

import pytest
from kafka.errors import IllegalGenerationError
from tenacity import wait_none

from petalstream.broker import (
    REBALANCING,
    KafkaError,
    Partition,
    Position,
)
from services.consumer import error_policy
from services.consumer.assignment import Assignment, AssignmentOver
from services.consumer.delivery import exactly_once
from tests.unit.consumer.fakes import new_assignment
from tests.unit.consumer.outcomes import Producer, predicted
from tests.unit.consumer.transactions import failing_once, keys, writer


@pytest.fixture(autouse=True)
def without_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "for_broker", wait_none())


@pytest.mark.parametrize("error", REBALANCING)
@pytest.mark.parametrize("step", ["begin", "write 1", "commit"])
def test_what_a_rebalance_refuses_is_written_again_by_the_same_producer_with_the_next_membership(
    step: str, error: type[KafkaError]
) -> None:
    producer, generation = failing_once(step, error("rebalanced")), 7

    def membership() -> int:
        nonlocal generation
        generation += 1
        return generation

    writer(producer, committed=True).write([predicted(1)], Assignment(membership, "the-topic"))
    assert producer.steps[-4:] == ["abort", "begin", "write 1", "commit"]
    assert "close" not in producer.steps
    assert keys(producer.committed) == [b"1"]
    position = {Partition("iris.requests", 0): Position(2, "the-topic")}
    assert producer.begun == [(8, position), (9, position)]


def test_a_rebalance_in_which_the_partition_goes_ends_the_batch_with_its_transaction_aborted() -> None:
    assignment = new_assignment()

    def fail(step: str) -> None:
        if step == "commit":
            assignment.over.set()
            raise IllegalGenerationError("rebalanced")

    producer = Producer(fail=fail)
    with pytest.raises(AssignmentOver):
        writer(producer).write([predicted(1)], assignment)
    assert producer.steps == ["begin", "write 1", "commit", "abort"]


def test_a_rebalance_that_lasts_too_long_is_an_error_after_which_a_new_producer_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exactly_once, "REBALANCE_SECONDS", 0)
    first, second = failing_once("commit", IllegalGenerationError("rebalanced")), Producer()
    writer(first, second).write([predicted(1)], new_assignment())
    assert first.steps[-1] == "close"
    assert keys(second.committed) == [b"1"]
