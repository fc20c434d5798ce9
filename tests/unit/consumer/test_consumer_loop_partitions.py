"""The main loop while partitions come and go: what is committed before they go."""

from typing import Any

import pytest

from petalstream.broker import (
    Partition,
    PartitionState,
    Position,
)
from services.consumer.delivery.uncommitted import WrittenBatch
from tests.unit.consumer.loops import TOPIC_ID, Lane, Loop, records, state

IRIS = Partition("iris.requests", 0)


def revoke(loop: Loop) -> None:
    loop.loop.end([IRIS], are_lost=False)


def lose(loop: Loop) -> None:
    loop.loop.end([IRIS], are_lost=True)


def test_what_a_lane_has_written_is_committed_before_its_partition_goes_and_the_rest_is_dropped() -> None:
    iris, found = Lane(), list[Any]()

    def end(loop: Loop) -> None:
        iris.write()
        iris.inbox.add(records(2), batch().assignment)
        revoke(loop)
        found.append((list(loop.consumer.committed), iris.inbox.is_empty, iris.uncommitted.batches()))

    def batch() -> WrittenBatch:
        return iris.uncommitted.batches()[0]

    Loop(records(1), end, lanes={"iris": iris}).run()
    assert found == [(["iris.requests[0]@2"], True, [])]


def test_what_is_being_written_when_a_partition_is_revoked_is_waited_for_and_committed() -> None:
    iris = Lane()
    taken: list[Any] = []

    def finish() -> None:
        if taken:
            iris.uncommitted.add(WrittenBatch(taken[0].records, taken[0].assignment))

    def end(loop: Loop) -> None:
        taken.append(iris.inbox.first(1, 1_000))
        revoke(loop)
        taken.clear()

    iris.on_await = finish
    loop = Loop(records(1, 2), end, lanes={"iris": iris}).run()
    assert loop.consumer.committed == ["iris.requests[0]@2"]


def test_of_a_lost_partition_nothing_is_committed_neither_at_once_nor_later() -> None:
    iris = Lane()

    def write_and_lose(loop: Loop) -> None:
        iris.write()
        lose(loop)

    loop = Loop(records(1), write_and_lose, [], lanes={"iris": iris}).run()
    assert loop.consumer.committed == []


@pytest.mark.parametrize("end", [revoke, lose])
def test_what_is_written_after_its_partition_is_gone_is_not_committed(end: Any) -> None:
    iris, taken = Lane(), list[Any]()

    def end_while_writing(loop: Loop) -> None:
        taken.append(iris.inbox.first(1, 1_000))
        end(loop)

    def write_late(loop: Loop) -> None:
        iris.uncommitted.add(WrittenBatch(taken[0].records, taken[0].assignment))

    loop = Loop(records(1), end_while_writing, write_late, [], lanes={"iris": iris}).run()
    assert loop.consumer.committed == []
    assert iris.uncommitted.batches() == []


def test_when_a_partition_goes_the_other_lanes_keep_their_records() -> None:
    rose = Lane()
    kept: list[str] = []
    loop = Loop(
        records(1) + records(7, topic="rose.requests"),
        revoke,
        lambda loop: kept.extend(rose.write()),
        [],
        lanes={"rose": rose},
    ).run()
    assert kept == ["rose.requests[0]@7"]
    assert loop.consumer.committed == ["rose.requests[0]@8"]


def test_a_partition_that_comes_back_has_a_new_assignment() -> None:
    iris, assignments = Lane(), list[Any]()

    def begin(loop: Loop) -> None:
        loop.loop.begin([state("iris")])

    def note(loop: Loop) -> None:
        batch = iris.inbox.first(1, 1_000)
        assert batch is not None
        assignments.append(batch.assignment)

    Loop(records(1), note, revoke, begin, records(1), note, lanes={"iris": iris}).run()
    first, second = assignments
    assert first is not second
    assert (first.topic_id, second.topic_id) == (TOPIC_ID, TOPIC_ID)


def test_a_new_partition_of_a_topic_leaves_the_records_of_the_others() -> None:
    iris, found = Lane(), list[str]()
    more = PartitionState(Partition("iris.requests", 1), TOPIC_ID, Position(0, TOPIC_ID), 0, 9)

    def begin(loop: Loop) -> None:
        assert loop.loop.begin([more]) == [0]
        found.extend(iris.write())

    loop = Loop(records(1), begin, [], lanes={"iris": iris}).run()
    assert found == ["iris.requests[0]@1"]
    assert loop.consumer.committed[0] == "iris.requests[0]@2"


def test_a_writer_gets_the_membership_of_the_last_poll() -> None:
    iris, seen = Lane(), list[int]()

    def look(loop: Loop) -> None:
        batch = iris.inbox.first(1, 1_000)
        assert batch is not None
        seen.append(batch.assignment.membership().generation_id)

    def rebalance(loop: Loop) -> None:
        loop.consumer.rebalance()

    Loop(records(1), look, rebalance, look, lanes={"iris": iris}).run()
    assert seen == [7, 8]
