"""The thread of a lane that scores: what it does after each way in which the api can fail."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from tenacity import wait_none

from embedded.waiting import wait_until
from petalstream.reasons import Fault, Reason
from services.consumer import error_policy
from services.consumer.api_client.errors import BatchRejected, TimedOut, Unavailable, UnknownModel
from services.consumer.assignment import Assignment
from services.consumer.lanes import scorer_thread
from services.consumer.lanes.batch_size import BatchSize
from services.consumer.lanes.brake import Brake
from services.consumer.lanes.dead_letter_limit import DeadLetterLimit
from services.consumer.lanes.inbox import Inbox
from services.consumer.lanes.scorer_thread import ScorerThread, ScoringLimits
from services.consumer.scoring.outcomes import Outcome
from tests.records import Record
from tests.unit.consumer.fakes import Pauses, new_assignment
from tests.unit.consumer.outcomes import RESULT

WAIT_SECONDS = 10
Score = Callable[[Sequence[bytes]], list[Mapping[str, Any]]]


@pytest.fixture(autouse=True)
def without_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "_for_api", wait_none())


class Api:
    """An api that a test tells how to score; it counts the rows of each request."""

    def __init__(self, score: Score) -> None:
        self._score = score
        self.requests: list[int] = []
        self.restarts = 0

    def score(self, model: str, rows: Sequence[bytes], wait: Callable[[float], None]) -> list[Mapping[str, Any]]:
        for _ in range(self.restarts):
            wait(0)
        self.restarts = 0
        self.requests.append(len(rows))
        return self._score(rows)


def predict(rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
    """A prediction for each row, but errors for an empty one."""
    errors = {"errors": [{"field": "n", "message": "is missing", "reason": "missing_feature"}]}
    return [errors if row == b"{}" else RESULT for row in rows]


def failing(times: int, error: Exception) -> Score:
    """Fails so many times before it predicts."""
    left = [error] * times

    def score(rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
        if left:
            raise left.pop()
        return predict(rows)

    return score


class Lane:
    """A scorer thread at work, and the outcomes that it has passed on."""

    def __init__(self, score: Score, give_up_seconds: float, in_a_row: int, most: int) -> None:
        self.api, self.inbox, self.pauses = Api(score), Inbox(10_000, 1_000_000), Pauses()
        self.assignment, self.outcomes = new_assignment(), list[Outcome]()
        self.scorer = ScorerThread(
            "iris",
            self.inbox,
            self.api,  # type: ignore[arg-type]
            ScoringLimits(1_000, 100_000, give_up_seconds),
            BatchSize(most, 5),
            Brake("iris", DeadLetterLimit(0, in_a_row), self.pauses, 0.05),  # type: ignore[arg-type]
            self._pass_on,
        )

    def _pass_on(self, outcomes: Sequence[Outcome], assignment: Assignment, began: float) -> None:
        assignment.check()
        self.outcomes += outcomes

    def add(self, count: int, value: bytes = b'{"n": 1}') -> None:
        """Poll so many records more."""
        first = len(self.outcomes)
        self.inbox.add([Record(offset=first + number, value=value) for number in range(count)], self.assignment)

    def await_outcomes(self, count: int) -> list[str]:
        """Wait for so many outcomes; a word for each."""
        wait_until(lambda: len(self.outcomes) >= count, f"{count} outcomes", WAIT_SECONDS)
        return [each.verdict.reason if isinstance(each.verdict, Fault) else "predicted" for each in self.outcomes]


@contextmanager
def lane(score: Score = predict, give_up_seconds: float = 0, in_a_row: int = 0, most: int = 100) -> Iterator[Lane]:
    """A lane whose scorer runs until the end of the block."""
    found = Lane(score, give_up_seconds, in_a_row, most)
    thread = threading.Thread(target=found.scorer.run)
    thread.start()
    try:
        yield found
    finally:
        found.assignment.over.set()
        found.inbox.clear()
        found.inbox.close()
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


def test_records_are_scored_in_order_and_leave_the_inbox() -> None:
    with lane() as found:
        found.add(250)
        assert found.await_outcomes(250) == ["predicted"] * 250
        assert [each.record.offset for each in found.outcomes] == list(range(250))
        assert max(found.api.requests) <= 100
        wait_until(lambda: found.inbox.is_empty, "an empty inbox", WAIT_SECONDS)


@pytest.mark.parametrize("error", [Unavailable("no response"), UnknownModel("no such model"), TimedOut("5 s")])
def test_an_outage_is_waited_for(error: Exception) -> None:
    with lane(failing(5, error)) as found:
        found.add(1)
        assert found.await_outcomes(1) == ["predicted"]


def test_after_a_time_records_are_given_up_where_that_is_asked_for() -> None:
    with lane(failing(1_000_000, UnknownModel("no such model")), give_up_seconds=0.2) as found:
        found.add(3)
        assert found.await_outcomes(3) == [Reason.UNKNOWN_MODEL] * 3
        assert found.outcomes[0].attempts == len(found.api.requests) > 1


def test_records_that_came_meanwhile_are_not_given_up_with_those_that_waited() -> None:
    def score(rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
        if b"{}" in rows:
            if len(rows) == 1 and len(found.api.requests) == 1:
                found.add(3)
            raise UnknownModel("no such model")
        return predict(rows)

    with lane(score, give_up_seconds=0.2) as found:
        found.add(1, value=b"{}")
        assert found.await_outcomes(4) == [Reason.UNKNOWN_MODEL, *["predicted"] * 3]


def test_a_batch_that_times_out_is_asked_for_again_in_fewer_records(caplog: pytest.LogCaptureFixture) -> None:
    def slow(rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
        if len(rows) > 30:
            raise TimedOut("no response in 5 s")
        return predict(rows)

    with lane(slow) as found:
        found.add(100)
        assert found.await_outcomes(100) == ["predicted"] * 100
        assert found.api.requests[:3] == [100, 50, 25]
    assert "iris: the api did not respond to 100 records in time; 50 at once from now on" in caplog.messages


def test_a_single_record_that_times_out_waits_and_is_no_dead_letter() -> None:
    with lane(failing(8, TimedOut("no response in 5 s"))) as found:
        found.add(4)
        assert found.await_outcomes(4) == ["predicted"] * 4
        assert found.api.requests[:5] == [4, 2, 1, 1, 1]


def test_a_rejected_batch_gives_up_only_its_culprit() -> None:
    def strict(rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
        if b'{"bad": 1}' in rows:
            raise BatchRejected("the api responded 422")
        return predict(rows)

    with lane(strict) as found:
        found.inbox.add(
            [Record(offset=number, value=b'{"bad": 1}' if number == 3 else b'{"n": 1}') for number in range(8)],
            found.assignment,
        )
        words = found.await_outcomes(8)
        assert [number for number, word in enumerate(words) if word == Reason.REJECTED] == [3]


def test_too_many_dead_letters_pause_the_lane_until_it_is_resumed() -> None:
    with lane(in_a_row=5, most=10) as found:
        found.add(40, value=b"{}")
        wait_until(lambda: found.pauses.reason("iris"), "the lane to pause", WAIT_SECONDS)
        found.await_outcomes(8)  # probes go on
        assert len(found.outcomes) < 40
        before = len(found.outcomes)
        found.pauses.resume("iris")
        found.await_outcomes(before + 5)


def test_a_paused_lane_goes_on_once_its_records_are_good_again() -> None:
    with lane(in_a_row=5, most=10) as found:
        found.add(8, value=b"{}")
        wait_until(lambda: found.pauses.reason("iris"), "the lane to pause", WAIT_SECONDS)
        found.inbox.add([Record(offset=number, value=b'{"n": 1}') for number in range(8, 40)], found.assignment)
        found.await_outcomes(40)
        assert found.pauses.reason("iris") is None


def test_what_is_not_passed_on_when_the_assignment_ends_is_left() -> None:
    with lane(failing(1_000_000, Unavailable("no response"))) as found:
        found.add(5)
        wait_until(lambda: found.api.requests, "a first request", WAIT_SECONDS)
        found.assignment.over.set()
        found.inbox.clear()
        following = new_assignment("next member")
        found.scorer._api = Api(predict)  # type: ignore[assignment]
        found.assignment = following
        found.add(2)
        assert found.await_outcomes(2) == ["predicted"] * 2


def test_an_unexpected_error_is_logged_and_the_lane_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scorer_thread, "ERROR_SECONDS", 0)
    with lane(failing(2, ZeroDivisionError("a mistake"))) as found:
        found.add(3)
        assert found.await_outcomes(3) == ["predicted"] * 3
    assert caplog.text.count("ZeroDivisionError: a mistake") == 2


def test_the_wait_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with lane(failing(5, Unavailable("the api at nowhere cannot be reached"))) as found:
        found.add(1)
        found.await_outcomes(1)
    said = [entry for entry in caplog.messages if "cannot be reached" in entry]
    assert said == ["iris: the api at nowhere cannot be reached; the lane waits for the api, and nothing is lost"]
    assert any(entry.startswith("iris: the lane goes on after") for entry in caplog.messages)


def test_an_api_that_is_not_ready_after_a_closed_connection_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    with lane() as found:
        found.api.restarts = 3
        found.add(1)
        found.await_outcomes(1)
        wait_until(lambda: "the lane goes on after" in caplog.text, "the end of the outage", WAIT_SECONDS)
    assert caplog.text.count("is not ready; the lane waits for the api") == 1
