"""The main loop: what it polls reaches the lanes, what the lanes have written is committed, and when."""

import threading
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from petalstream.broker import CommitFailedError, FencedInstanceIdError, KafkaError, UnreadableRecords
from petalstream.lifecycle import Stop
from petalstream.messages import coordinates
from services.consumer import consumer_loop
from services.consumer.consumer_loop import ConsumerLoop
from services.consumer.delivery.uncommitted import Uncommitted, WrittenBatch
from services.consumer.lanes.assignment import Assignment
from services.consumer.lanes.inbox import Inbox
from services.consumer.lanes.lanes import Lanes
from services.consumer.scoring.records import CorruptRecord
from tests.records import Record
from tests.unit.fakes import Consumer


class Lane:
    """A lane without threads: what is in its inbox has its outcomes when `write` is called."""

    def __init__(self, most_records: int = 1_000) -> None:
        self.inbox, self.uncommitted = Inbox(most_records, 1_000_000), Uncommitted(1_000_000)
        self.failure: BaseException | None = None
        self.is_busy = False
        self.on_await: Callable[[], None] = lambda: None
        self.closed = False

    def write(self, most: int = 1_000) -> list[str]:
        """Write the outcomes of the first records in the inbox; the coordinates of these."""
        batch = self.inbox.first(most, 1_000_000)
        assert batch is not None
        self.inbox.remove(batch, len(batch.records))
        self.uncommitted.add(WrittenBatch(batch.records, batch.assignment))
        return [coordinates(record) for record in batch.records]

    def await_writer(self, seconds: float) -> None:
        self.on_await()

    def close(self, seconds: float) -> None:
        self.closed = True


class Loop:
    """A loop that stops after the polls that a test lists; each is records, or something to do or raise then."""

    def __init__(self, *polls: Any, lanes: dict[str, Lane] | None = None) -> None:
        self.stop, self.consumer, self.lanes = Stop(), Consumer(), lanes or {}
        self._polls = polls
        self.consumer.on_poll = self._poll

    def run(self) -> "Loop":
        """Work until all polls are done."""
        ConsumerLoop(self.consumer, Lanes(self._lane), 500).run(self.stop)  # type: ignore[arg-type]
        return self

    def _lane(self, model: str) -> Lane:
        return self.lanes.setdefault(model, Lane())

    def _poll(self, number: int) -> list[Record]:
        if number > len(self._polls):
            self.stop.request()
            return []
        found = self._polls[number - 1]
        if isinstance(found, BaseException):
            raise found
        return found(self) or [] if callable(found) else found


def records(*offsets: int, topic: str = "iris.requests") -> list[Record]:
    """Requests at these offsets."""
    return [Record(topic=topic, offset=offset) for offset in offsets]


def write(loop: Loop) -> None:
    """Have every lane write what it has."""
    for lane in loop.lanes.values():
        if not lane.inbox.is_empty:
            lane.write()


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
    assert loop.consumer.committed == ["iris.requests[0]@1", "iris.requests[0]@2"]


def test_a_full_lane_pauses_its_topic_alone_until_it_has_room() -> None:
    loop = Loop(records(1, 2) + records(1, topic="rose.requests"), [], write, [], lanes={"iris": Lane(2)}).run()
    assert loop.consumer.done == ["pause iris.requests", "resume iris.requests"]


def test_a_consumer_whose_lanes_are_all_full_neither_polls_nor_pauses_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    iris, looks = Lane(2), list[int]()
    loop = Loop(records(1, 2), [], lanes={"iris": iris})
    loop.consumer.assigned = {"iris.requests"}
    clock = SimpleNamespace(monotonic=lambda: 0.3 * len(looks), time=time.time)
    monkeypatch.setattr(consumer_loop, "time", clock)
    monkeypatch.setattr(Lanes, "raise_failure", lambda lanes: looks.append(loop.consumer.polls))
    loop.run()
    assert looks[:6] == [0, 1, 1, 1, 1, 2], "the second poll comes after a second"
    assert loop.consumer.done == ["pause iris.requests"]


def test_after_a_rebalance_what_is_not_written_is_dropped_and_what_was_written_is_not_committed() -> None:
    iris = Lane()

    def rebalance(loop: Loop) -> None:
        iris.write()
        loop.consumer.rebalance()

    loop = Loop(records(1), rebalance, records(8), write, lanes={"iris": iris}).run()
    assert loop.consumer.committed == ["iris.requests[0]@8"]


def rebalance_in_a_commit(loop: Loop) -> None:
    """Have the group rebalance before the next commit reaches it."""

    def refuse() -> None:
        loop.consumer.rebalance()
        loop.consumer.on_commit = lambda: None
        raise CommitFailedError("the group was rebalanced")

    loop.consumer.on_commit = refuse


def test_a_commit_that_comes_too_late_for_the_group_is_left() -> None:
    def lose(loop: Loop) -> None:
        rebalance_in_a_commit(loop)
        write(loop)

    loop = Loop(records(1), lose, records(8), write).run()
    assert loop.consumer.committed == ["iris.requests[0]@8"]


def test_after_a_commit_that_comes_too_late_nothing_more_is_written_even_before_the_next_poll() -> None:
    iris, over = Lane(), list[bool]()

    def lose(loop: Loop) -> None:
        rebalance_in_a_commit(loop)
        iris.write(most=1)
        (written,) = iris.uncommitted.batches()
        loop.consumer.on_poll = lambda number: look(loop, written.assignment)

    def look(loop: Loop, assignment: Assignment) -> list[Record]:
        over.append(assignment.over.is_set() and iris.inbox.is_empty)
        loop.stop.request()
        return []

    Loop(records(1, 2), lose, lanes={"iris": iris}).run()
    assert over == [True]


@pytest.mark.parametrize("error", [CommitFailedError("rebalanced"), KafkaError("no broker")])
def test_any_other_failed_commit_ends_this_consumer(error: KafkaError) -> None:
    def fail() -> None:
        raise error

    def break_commit(loop: Loop) -> None:
        loop.consumer.on_commit = fail
        write(loop)

    with pytest.raises(type(error)):
        Loop(records(1), break_commit).run()


@pytest.mark.parametrize(
    ("error", "committed"), [(KafkaError("no broker"), ["iris.requests[0]@1"]), (FencedInstanceIdError("twin"), [])]
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
    assert loop.consumer.committed == ["iris.requests[0]@1"]
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
