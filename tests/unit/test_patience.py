"""Waiting for the api: paused but in the group, until it answers, and never longer than a stop allows."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import pytest
from tenacity import RetryCallState

from petalstream.lifecycle import Stop
from services.consumer import policy
from services.consumer.hold import Hold, Interrupted
from services.consumer.patience import PatientApi
from services.consumer.policy import InQuestion, ServerError, Unavailable, UnknownModel
from tests.unit.fakes import Consumer

ANSWERS = [{"label": "setosa"}]
Step = Exception | list[dict[str, Any]]


class Api:
    """Answers with, or raises, what a test lists, and keeps when it was asked."""

    def __init__(self, *steps: Step) -> None:
        self._steps = iter(steps)
        self.asked: list[float] = []

    def score(self, model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        self.asked.append(time.monotonic())
        step = next(self._steps)
        if isinstance(step, Exception):
            raise step
        return step


class Patience:
    """A Hold that waits for nothing and keeps for how long it was asked to."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def beat(self) -> None:
        pass

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def patient(api: Any, hold: Any, give_up_seconds: float = 0) -> PatientApi:
    return PatientApi(api, hold, give_up_seconds)


def test_while_the_api_is_unavailable_it_is_asked_again_and_the_log_tells_begin_and_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hold = Patience()
    api = Api(*[Unavailable("the api does not answer")] * 9, ANSWERS)
    assert patient(api, hold).score("iris", [b"{}"]) == ANSWERS
    assert (len(api.asked), len(hold.waits)) == (10, 9)
    assert [entry.levelno for entry in caplog.records] == [logging.ERROR, logging.WARNING]
    error, end = caplog.messages
    assert error.startswith("the api does not answer; paused until the api answers")
    assert end.startswith("the api answers again, after ")


def test_an_answer_at_once_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert patient(Api(ANSWERS), Patience()).score("iris", [b"{}"]) == ANSWERS
    assert caplog.messages == []


def test_the_consumer_is_paused_during_an_outage_and_reads_on_after_it() -> None:
    consumer = Consumer()
    api = Api(Unavailable("no answer", retry_after=0.02), ANSWERS)
    assert patient(api, Hold(consumer, Stop())).score("iris", [b"{}"]) == ANSWERS
    assert (consumer.done[0], consumer.done[-1]) == ("pause", "resume")
    assert consumer.polls > 0


def test_the_api_is_left_alone_for_at_least_as_long_as_it_asks() -> None:
    api = Api(Unavailable("busy", retry_after=0.05), Unavailable("busy", retry_after=0.05), ANSWERS)
    patient(api, Hold(Consumer(), Stop())).score("iris", [b"{}"])
    first, second, third = api.asked
    assert second - first >= 0.05
    assert third - second >= 0.05


def test_waits_grow_to_ten_seconds_are_spread_and_are_never_longer_than_300() -> None:
    hold = Patience()
    patient(Api(*[Unavailable("no")] * 200, ANSWERS), hold).score("iris", [b"{}"])
    assert all(0 <= wait <= 10 for wait in hold.waits)
    assert hold.waits[0] <= 0.4
    assert max(hold.waits) > 5
    assert len(set(hold.waits)) > 100
    hold = Patience()
    patient(Api(Unavailable("no", retry_after=21_600), ANSWERS), hold).score("iris", [b"{}"])
    assert hold.waits == [300]


def test_a_stop_during_an_outage_interrupts_it() -> None:
    stop = Stop()

    class Stopping(Api):
        def score(self, model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
            stop.request()
            raise Unavailable("no")

    with pytest.raises(Interrupted):
        patient(Stopping(), Hold(Consumer(), stop)).score("iris", [b"{}"])


def test_a_batch_is_not_asked_for_once_a_stop_was_requested() -> None:
    stop, api = Stop(), Api(ANSWERS)
    stop.request()
    with pytest.raises(Interrupted):
        patient(api, Hold(Consumer(), stop)).score("iris", [b"{}"])
    assert api.asked == []


def test_the_third_error_of_the_server_is_raised_and_an_answer_before_it_counts() -> None:
    hold = Patience()
    errors = [ServerError(f"the api answered 500, time {number}", []) for number in (1, 2, 3)]
    with pytest.raises(ServerError, match="time 3"):
        patient(Api(*errors, ANSWERS), hold).score("iris", [b"{}"])
    assert len(hold.waits) == policy.SERVER_ERROR_TRIES - 1 == 2
    assert all(0.1 <= wait <= 0.5 for wait in hold.waits)
    assert patient(Api(*errors[:2], ANSWERS), hold).score("iris", [b"{}"]) == ANSWERS


def test_outages_between_errors_of_the_server_are_not_counted_as_such() -> None:
    server, no = ServerError("500", []), Unavailable("no")
    assert patient(Api(server, no, server, no, no, ANSWERS), Patience()).score("iris", [b"{}"]) == ANSWERS


@pytest.mark.parametrize("error", [InQuestion("400", []), UnknownModel("no rose")])
def test_what_waiting_does_not_mend_is_raised_at_once(error: Exception) -> None:
    hold = Patience()
    with pytest.raises(type(error), match=str(error)):
        patient(Api(error), hold).score("iris", [b"{}"])
    assert hold.waits == []


def test_an_outage_that_ends_with_a_refusal_is_told_to_have_ended(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InQuestion):
        patient(Api(Unavailable("no"), InQuestion("400", [])), Patience()).score("iris", [b"{}"])
    assert len(caplog.messages) == 2
    assert caplog.messages[1].startswith("the api answers again, after ")


def test_an_outage_becomes_the_records_fault_after_give_up_seconds_where_they_are_set() -> None:
    api = Api(*[Unavailable("no")] * 1_000_000)
    with pytest.raises(Unavailable):
        patient(api, Patience(), give_up_seconds=0.05).score("iris", [b"{}"])
    assert 0.05 <= api.asked[-1] - api.asked[0] + 0.01 < 5
    assert len(api.asked) > 1


def test_without_give_up_seconds_an_outage_never_ends_by_itself() -> None:
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number, state.outcome_timestamp = 1_000_000, state.start_time + 1e9
    assert not policy.give_up_after(0)(state)
    assert policy.give_up_after(60)(state)
