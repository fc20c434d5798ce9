"""A lane: scores the next batch while one is written, and reports what ends one of its threads."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from embedded.waiting import wait_until
from services.consumer import metrics
from services.consumer.assignment import Assignment, AssignmentOver
from services.consumer.delivery.uncommitted import Uncommitted
from services.consumer.lanes import lane as lane_module
from services.consumer.lanes.inbox import Inbox
from services.consumer.lanes.lane import Lane
from services.consumer.lanes.scorer_thread import PassOn
from services.consumer.scoring.outcomes import Outcome
from tests.records import Record
from tests.unit.consumer.fakes import new_assignment
from tests.unit.consumer.outcomes import dead_letter, predicted

SECONDS = 10
Write = Callable[[Sequence[Outcome], Assignment], Sequence[Outcome]]


class Scorer:
    """Passes on a prediction for each record of the inbox, one by one."""

    is_waiting = False

    def __init__(self, inbox: Inbox, pass_on: PassOn) -> None:
        self._inbox, self._pass_on = inbox, pass_on
        self.passed_on: list[int] = []
        self.refused = 0

    def note_refused(self, count: int) -> None:
        self.refused += count

    def run(self) -> None:
        while (batch := self._inbox.first(1, 1_000)) is not None:
            (record,) = batch.records
            try:
                self._pass_on([predicted(record.offset)], batch.assignment, 0.0)
            except AssignmentOver:
                return
            self.passed_on.append(record.offset)
            self._inbox.remove(batch, 1)


class Writer:
    """Writes by the function that a test gives."""

    is_waiting = False

    def __init__(self, write: Write) -> None:
        self.write = write
        self.closed = False

    def open(self) -> None:
        """Leave nothing open."""

    def close(self, seconds: float) -> None:
        self.closed = True


@contextmanager
def lane(write: Write, shown: list[Outcome] | None = None) -> Iterator[tuple[Lane, Scorer]]:
    """A lane whose writer is `write`, and its scorer; closed at the end. `shown` gets what it shows."""
    inbox = Inbox(100, 10_000)
    scorers: list[Scorer] = []

    def new_scorer(pass_on: PassOn) -> Scorer:
        scorers.append(Scorer(inbox, pass_on))
        return scorers[0]

    writer = Writer(write)
    show = list[Outcome]() if shown is None else shown
    found = Lane("iris", inbox, new_scorer, writer, Uncommitted(100), show.extend)  # type: ignore[arg-type]
    try:
        yield found, scorers[0]
    finally:
        found.close(1)
        assert writer.closed


@pytest.fixture
def backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first record that waits on, batches are written in the other thread."""
    monkeypatch.setattr(lane_module, "FEW_RECORDS", 0)


def records(*offsets: int) -> list[Record]:
    """Requests at these offsets."""
    return [Record(offset=offset) for offset in offsets]


@pytest.mark.usefixtures("backlog")
def test_the_next_batch_is_scored_while_one_is_written_and_the_one_after_it_waits() -> None:
    go, written, shown = threading.Event(), list[int](), list[Outcome]()

    def write(outcomes: Sequence[Outcome], assignment: Assignment) -> Sequence[Outcome]:
        assert go.wait(SECONDS)
        written.extend(outcome.record.offset for outcome in outcomes)
        return outcomes

    with lane(write, shown) as (found, scorer):
        found.inbox.add(records(1, 2, 3), new_assignment())
        wait_until(lambda: scorer.passed_on == [1], "the first batch to be passed on", SECONDS)
        assert (found.is_busy, found.is_writing) == (True, True)
        go.set()
        wait_until(lambda: written == [1, 2, 3] and not found.is_busy, "all to be written", SECONDS)
    assert [outcome.record.offset for outcome in shown] == [1, 2, 3]


def test_where_few_records_wait_the_thread_that_scored_a_batch_writes_it() -> None:
    threads: list[str] = []

    def write(outcomes: Sequence[Outcome], assignment: Assignment) -> Sequence[Outcome]:
        threads.append(threading.current_thread().name)
        assert found.is_writing
        return outcomes

    with lane(write) as (found, scorer):
        found.inbox.add(records(1, 2), new_assignment())
        wait_until(lambda: scorer.passed_on == [1, 2], "both to be passed on", SECONDS)
        assert not found.is_writing
    assert threads == ["score-iris"] * 2


def test_what_was_written_is_counted_and_shown_as_it_was_written() -> None:
    def dead() -> float:
        return float(metrics.DEAD.labels("iris", "wrong_type")._value.get())

    before, shown = dead(), list[Outcome]()
    with lane(lambda outcomes, assignment: [dead_letter(outcomes[0].record.offset)], shown) as (found, scorer):
        found.inbox.add(records(7), new_assignment())
        wait_until(lambda: dead() == before + 1, "the dead letter to be counted", SECONDS)
        wait_until(lambda: not found.is_busy, "the lane to be done", SECONDS)
        assert scorer.refused == 1
    assert [outcome.verdict for outcome in shown] == [dead_letter(7).verdict]


@pytest.mark.usefixtures("backlog")
def test_when_the_assignment_is_over_the_scorer_does_not_wait_for_the_writer() -> None:
    assignment, go = new_assignment(), threading.Event()

    def write(outcomes: Sequence[Outcome], _: Assignment) -> Sequence[Outcome]:
        go.wait(SECONDS)
        raise AssignmentOver

    with lane(write) as (found, scorer):
        found.inbox.add(records(1, 2), assignment)
        wait_until(lambda: scorer.passed_on == [1], "the first batch to be passed on", SECONDS)
        assignment.over.set()
        wait_until(lambda: not found._thread.is_alive(), "the scorer to end", SECONDS)
        assert scorer.passed_on == [1]
        go.set()
        found.await_writer(SECONDS)
        assert not found.is_writing
        assert found.failure is None


def test_after_a_mistake_in_a_thread_nothing_more_is_written_and_the_thread_that_polls_can_raise_it() -> None:
    writes: list[int] = []

    def write(outcomes: Sequence[Outcome], assignment: Assignment) -> Sequence[Outcome]:
        writes.append(outcomes[0].record.offset)
        raise ZeroDivisionError("a mistake")

    with lane(write) as (found, scorer):
        found.inbox.add(records(1, 2), new_assignment())
        wait_until(lambda: scorer.passed_on == [1, 2], "both to be passed on", SECONDS)
        found.await_writer(SECONDS)
        assert writes == [1], "to write the second would let the offset of the first be committed"
        assert isinstance(found.failure, ZeroDivisionError)
