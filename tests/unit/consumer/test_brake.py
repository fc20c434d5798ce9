"""The brake of a lane: on when too many outcomes are dead letters, off when probes are good or somebody says so."""

import logging

import pytest
from kafka.errors import KafkaConnectionError

from petalstream.reasons import Fault, Reason
from services.consumer.lanes.brake import GOOD_PROBES, Brake
from services.consumer.lanes.dead_letter_limit import DeadLetterLimit
from services.consumer.scoring.outcomes import Outcome, dead
from tests.records import Record
from tests.unit.consumer.fakes import Pauses
from tests.unit.consumer.outcomes import dead_letter, predicted


def brake(pauses: Pauses, in_a_row: int = 3, probe_seconds: float = 0) -> Brake:
    """The brake of Iris, which is on after so many dead letters in a row."""
    return Brake("iris", DeadLetterLimit(0, in_a_row), pauses, probe_seconds)  # type: ignore[arg-type]


def unavailable(offset: int) -> Outcome:
    """The dead letter of a record that waited too long in an outage."""
    return dead(Record(offset=offset), Fault(Reason.UNAVAILABLE, "no response"), 9)


def test_too_many_dead_letters_put_it_on_and_the_rest_is_not_admitted() -> None:
    pauses = Pauses()
    found = brake(pauses)
    assert found.admit([dead_letter(offset) for offset in range(10)]) == 3
    assert found.is_on()
    assert pauses.reasons == {"iris": "3 of its last 3 outcomes are dead letters, the last 3 in a row"}


def test_records_that_are_given_up_in_an_outage_do_not_count() -> None:
    found = brake(Pauses())
    assert found.admit([unavailable(offset) for offset in range(10)]) == 10
    assert not found.is_on()


def test_a_pause_that_another_consumer_made_counts_too() -> None:
    pauses = Pauses()
    found = brake(pauses)
    pauses.pause("iris", "500 of its last 500 outcomes are dead letters")
    assert found.is_on()


def test_one_record_at_a_time_is_admitted_while_it_is_on() -> None:
    pauses = Pauses()
    found = brake(pauses)
    pauses.pause("iris", "too many")
    assert found.admit([predicted(1), predicted(2)]) == 1
    assert found.admit([]) == 0


def test_ten_good_probes_in_a_row_put_it_off() -> None:
    pauses = Pauses()
    found = brake(pauses)
    found.admit([dead_letter(offset) for offset in range(4)])
    for number in range(GOOD_PROBES - 1):
        found.admit([predicted(number)])
    found.admit([dead_letter(20)])
    for number in range(GOOD_PROBES - 1):
        found.admit([predicted(number)])
        assert found.is_on()
    found.admit([predicted(30)])
    assert not found.is_on()


def test_after_a_bad_probe_the_next_one_waits_and_after_a_good_one_it_does_not() -> None:
    pauses = Pauses()
    found = brake(pauses, probe_seconds=60)
    assert found.is_probe_due()
    pauses.pause("iris", "too many")
    found.admit([predicted(1)])
    assert found.is_probe_due()
    found.admit([dead_letter(2)])
    assert not found.is_probe_due()


def test_outcomes_that_the_broker_refused_count_as_dead_letters() -> None:
    pauses = Pauses()
    found = brake(pauses)
    assert found.admit([predicted(1), predicted(2), predicted(3)]) == 3
    found.note_refused(3)
    assert found.admit([dead_letter(4)]) == 0
    assert found.is_on()


def test_the_good_probes_of_an_earlier_pause_do_not_count() -> None:
    pauses = Pauses()
    found = brake(pauses)
    for _ in range(2):
        pauses.pause("iris", "too many")
        assert found.is_on()
        for number in range(GOOD_PROBES):
            assert pauses.reason("iris")
            found.admit([predicted(number)])
        assert not found.is_on()


def test_whoever_resumes_the_lane_its_window_is_empty_then() -> None:
    pauses = Pauses()
    found = brake(pauses)
    found.admit([dead_letter(offset) for offset in range(3)])
    pauses.resume("iris")  # though it is not paused here
    assert not found.is_on()
    assert found.admit([dead_letter(offset) for offset in range(3)]) == 3


def test_a_pause_that_cannot_be_saved_is_tried_again_and_nothing_is_admitted_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pauses = Pauses()
    found = brake(pauses)
    pauses.error = KafkaConnectionError("no broker")
    assert found.admit([dead_letter(offset) for offset in range(9)]) == 3
    assert found.admit([dead_letter(offset) for offset in range(9)]) == 0
    assert len([entry for entry in caplog.records if "not saved" in entry.message]) == 1
    pauses.error = None
    found.admit([dead_letter(1)])
    assert found.is_on()


def test_it_says_once_what_helps(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    pauses = Pauses()
    found = brake(pauses, probe_seconds=30)
    pauses.pause("iris", "500 of its last 500 outcomes are dead letters")
    for _ in range(3):
        found.is_on()
    (entry,) = caplog.records
    assert entry.message.startswith("iris: paused, since 500 of its last 500 outcomes are dead letters")
    assert "make resume MODEL=iris" in entry.message
    pauses.resume("iris")
    found.is_on()
    assert "iris: the lane goes on" in caplog.records[-1].message
