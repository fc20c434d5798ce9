"""The main loop: what it polls reaches the lanes, what the lanes have written is committed, and when."""

import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from petalstream.broker import FencedInstanceIdError, KafkaError, UnreadableRecords
from services.consumer import consumer_loop
from services.consumer.delivery.uncommitted import WrittenBatch
from services.consumer.lanes.lanes import Lanes
from services.consumer.scoring.records import CorruptRecord
from tests.records import Record
from tests.unit.consumer.loops import Lane, Loop, records, write


def test_records_go_to_the_lanes_of_their_models_in_order() -> None:
    found: dict[str, list[str]] = {}

    def look(loop: Loop) -> None:
        found.update({model: lane.write() for model, lane in loop.lanes.items()})

    Loop(records(1, 2) + records(7, topic="rose.requests"), records(3), look).run()
    assert found == {
        "iris": ["iris.requests[0]@1", "iris.requests[0]@2", "iris.requests[0]@3"],
        "rose": ["rose.requests[0]@7"],
    }


def test_only_what_is_written_is_committed() -> None:
    loop = Loop(records(1, 2), write, records(3)).run()
    assert loop.consumer.committed == ["iris.requests[0]@3"]


def test_a_full_lane_pauses_its_topic_alone_until_it_has_room() -> None:
    loop = Loop(records(1, 2) + records(1, topic="rose.requests"), [], write, [], lanes={"iris": Lane(2)}).run()
    assert loop.consumer.done == ["pause iris.requests", "resume iris.requests"]


def test_a_consumer_whose_lanes_are_all_full_neither_polls_nor_pauses_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    iris, looks = Lane(2), list[int]()
    loop = Loop(records(1, 2), [], lanes={"iris": iris})
    loop.consumer.assigned = {"iris.requests"}
    clock = SimpleNamespace(monotonic=lambda: 0.3 * len(looks), time=time.time, sleep=lambda seconds: None)
    monkeypatch.setattr(consumer_loop, "time", clock)
    monkeypatch.setattr(Lanes, "raise_failure", lambda lanes: looks.append(loop.consumer.polls))
    loop.run()
    assert looks[:6] == [0, 1, 1, 1, 1, 2], "the second poll comes after a second"
    assert loop.consumer.done == ["pause iris.requests"]


@pytest.mark.parametrize(
    ("error", "committed"), [(KafkaError("no broker"), ["iris.requests[0]@2"]), (FencedInstanceIdError("twin"), [])]
)
def test_before_an_error_of_a_poll_what_is_written_is_committed_unless_another_consumer_has_the_partitions(
    error: KafkaError, committed: list[str]
) -> None:
    lane = Lane()

    def fail(loop: Loop) -> None:
        lane.write()
        raise error

    loop = Loop(records(1), fail, lanes={"iris": lane})
    with pytest.raises(type(error)):
        loop.run()
    assert loop.consumer.committed == committed
    assert lane.inbox.is_empty


def test_offsets_that_cannot_be_read_get_stand_ins_in_their_order_and_reading_goes_on() -> None:
    iris = Lane()
    found: Sequence[Any] = ()

    def look(loop: Loop) -> None:
        nonlocal found
        batch = iris.inbox.first(100, 10_000)
        found = batch.records if batch else ()

    loop = Loop(
        records(1),
        UnreadableRecords("iris.requests", 0, 2, 4, ValueError("bad bytes")),
        records(4),
        look,
        lanes={"iris": iris},
    ).run()
    assert loop.consumer.done == ["skip iris.requests[0] to 4"]
    assert [record.offset for record in found] == [1, 2, 3, 4]
    assert [type(record) for record in found] == [Record, CorruptRecord, CorruptRecord, Record]


def test_very_many_unreadable_offsets_come_batch_by_batch() -> None:
    loop = Loop(UnreadableRecords("iris.requests", 0, 0, 10_000, ValueError("bad bytes"))).run()
    assert loop.consumer.done == ["skip iris.requests[0] to 500"]


def test_a_stop_waits_for_what_is_being_written_and_commits_it() -> None:
    iris = Lane()
    loop = Loop(records(1, 2), lanes={"iris": iris})
    batch: list[Any] = []

    def take(_: Loop) -> None:
        batch.append(iris.inbox.first(1, 1_000))

    def finish() -> None:
        iris.uncommitted.add(WrittenBatch(batch[0].records, batch[0].assignment))

    iris.on_await = finish
    loop = Loop(records(1, 2), take, lanes={"iris": iris}).run()
    assert loop.consumer.committed == ["iris.requests[0]@2"]
    assert batch[0].assignment.over.is_set()
    assert iris.inbox.is_empty


def test_a_lane_that_failed_ends_the_consumer() -> None:
    broken = Lane()
    broken.failure = ZeroDivisionError("a mistake")
    with pytest.raises(ZeroDivisionError):
        Loop(records(1), lanes={"iris": broken}).run()


def test_all_lanes_close_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=10)

    class Slow(Lane):
        def close(self, seconds: float) -> None:
            together.wait()
            super().close(seconds)

    made: list[Slow] = []

    def new(model: str) -> Slow:
        made.append(Slow())
        return made[-1]

    lanes = Lanes(new)  # type: ignore[arg-type]
    lanes.open(["iris", "rose"])
    lanes.close(1)
    assert all(lane.closed for lane in made)
