"""The scorer of one model's records: one outcome for each, in order, and dead letters just for the culprits."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.dead_letters import DeadLetter
from petalstream.messages import ReceivedRecord
from petalstream.reasons import Fault, Reason
from services.consumer.api_client.errors import (
    ApiError,
    BatchFailed,
    BatchRejected,
    ConnectionClosed,
    TimedOut,
    Unavailable,
    UnknownModel,
)
from services.consumer.scoring.batch_scorer import BatchScorer, Scored
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import CorruptRecord
from tests.records import Record, as_received
from tests.unit.consumer.scripted_api import MISSING, ScriptedApi, prediction, records, rejected, row


def score(
    api: ScriptedApi, given_records: Sequence[ReceivedRecord], attempts: int = 0, record_bytes: int = 100_000
) -> Scored:
    """Score records with a new scorer, and check that the outcomes are those of the first records, in order."""
    scored = BatchScorer(api.score, record_bytes).score_front(given_records, api.wait, attempts)
    assert [outcome.record for outcome in scored.outcomes] == list(given_records[: len(scored.outcomes)])
    return scored


def dead_letter(outcome: Outcome) -> tuple[Reason, str, int]:
    """Return reason, message and attempts of a dead letter, after comparing it with the verdict."""
    assert isinstance(outcome.verdict, Fault)
    letter = DeadLetter.read(as_received(outcome.message))
    assert (letter.reason, letter.message) == (outcome.verdict.reason, outcome.verdict.message)
    assert (letter.topic, letter.partition, letter.offset) == (outcome.record.topic, 0, outcome.record.offset)
    assert letter.attempts == outcome.attempts
    return outcome.verdict.reason, letter.message, letter.attempts


def is_predicted(outcome: Outcome) -> bool:
    """Whether it is a prediction; it must be the one of its record."""
    if isinstance(outcome.verdict, Fault):
        return False
    assert outcome.message.topic == "iris.predictions"
    assert dict(outcome.message.headers)["source_offset"] == str(outcome.record.offset).encode()
    assert json.loads(outcome.message.value or b"")["prediction"]["label"].encode() == outcome.record.value
    return True


def test_without_records_there_is_no_request_and_no_outcome() -> None:
    api = ScriptedApi()
    assert score(api, []) == ([], None)
    assert api.requests == []


def test_records_are_scored_in_one_request() -> None:
    api = ScriptedApi()
    outcomes, error = score(api, records(5))
    assert (all(map(is_predicted, outcomes)), len(outcomes), error) == (True, 5, None)
    assert api.requests == [[row(number) for number in range(5)]]
    assert {outcome.attempts for outcome in outcomes} == {1}


def test_invalid_records_are_dead_letters_that_the_api_never_sees() -> None:
    api, given_records = ScriptedApi(), records(5)
    given_records[0].value, given_records[2].value = b"{", None
    given_records[4].value = b'{"a": "%s"}' % (b"x" * 100)
    outcomes, _ = score(api, given_records, record_bytes=100)
    assert [is_predicted(outcome) for outcome in outcomes] == [False, True, False, True, False]
    letters = [dead_letter(outcome) for outcome in outcomes[::2]]
    assert [(reason, attempts) for reason, _, attempts in letters] == [
        (Reason.UNDECODABLE, 0),
        (Reason.TOMBSTONE, 0),
        (Reason.TOO_LARGE, 0),
    ]
    assert api.requests == [[row(1), row(3)]]


def test_invalid_records_alone_need_no_api() -> None:
    api = ScriptedApi(error=lambda: Unavailable("gone"))
    outcomes, error = score(api, [Record(value=None), Record(value=b"[]", offset=1)])
    assert [dead_letter(outcome)[0] for outcome in outcomes] == [Reason.TOMBSTONE, Reason.NOT_AN_OBJECT]
    assert (error, api.requests) == (None, [])


def test_a_corrupt_record_is_a_dead_letter_with_the_message_of_the_client() -> None:
    corrupt = CorruptRecord("iris.requests", 0, 7, 1_000, "crc 1 does not match 2")
    (outcome, good), error = score(ScriptedApi(), [corrupt, *records(1)])
    assert dead_letter(outcome) == (Reason.CORRUPT, "crc 1 does not match 2", 0)
    assert (is_predicted(good), error) == (True, None)


def test_a_row_with_errors_is_a_dead_letter_with_the_first_of_them() -> None:
    second = {"row": 1, "field": None, "message": "is worse", "reason": "not_an_object"}
    outcomes, _ = score(ScriptedApi(invalid={row(1): [MISSING, second]}), records(3), attempts=4)
    assert [is_predicted(outcome) for outcome in outcomes] == [True, False, True]
    assert dead_letter(outcomes[1]) == (Reason.MISSING_FEATURE, "petal_width is missing", 5)


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ([], "the api gives no reason"),
        ([{}], "the api gives no reason"),
        ([{"reason": None, "field": None, "message": "no"}], "no"),
        ([{"reason": "moonphase", "field": "n", "message": "is odd"}], "n is odd"),
        ([{"reason": ["unhashable"], "message": 7}], "7"),
    ],
)
def test_a_reason_that_is_not_in_the_list_becomes_rejected(errors: list[dict[str, object]], message: str) -> None:
    (outcome,), _ = score(ScriptedApi(invalid={row(0): errors}), records(1))
    assert dead_letter(outcome) == (Reason.REJECTED, message, 1)


@given(st.integers(1, 64).flatmap(lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1)))))
def test_just_the_culprits_of_a_rejected_batch_are_dead_letters(case: tuple[int, set[int]]) -> None:
    count, culprits = case
    outcomes, error = score(ScriptedApi([row(number) for number in culprits]), records(count))
    if error:
        assert (len(outcomes), len(culprits) >= 16) == (0, True)
        return
    assert {number for number, outcome in enumerate(outcomes) if not is_predicted(outcome)} == culprits
    assert len(outcomes) == count
    for number in culprits:
        reason, message, attempts = dead_letter(outcomes[number])
        assert (reason, message) == (Reason.REJECTED, "the api responded 400: no")
        assert attempts >= 1


def test_the_errors_of_the_culprit_alone_are_in_its_dead_letter() -> None:
    api = ScriptedApi([row(2)], lambda: BatchRejected("the api responded 400: no", [MISSING]))
    outcomes, _ = score(api, records(4), attempts=10)
    assert [is_predicted(outcome) for outcome in outcomes] == [True, True, False, True]
    assert dead_letter(outcomes[2]) == (Reason.MISSING_FEATURE, "petal_width is missing", 13)


def test_a_row_that_is_too_large_for_the_api_has_that_reason() -> None:
    api = ScriptedApi([row(0)], lambda: BatchRejected("the api responded 413: no", reason=Reason.TOO_LARGE))
    outcomes, _ = score(api, records(2))
    assert dead_letter(outcomes[0]) == (Reason.TOO_LARGE, "the api responded 413: no", 2)


def test_a_record_that_closes_the_connection_three_times_is_a_dead_letter() -> None:
    api = ScriptedApi([row(1)], ConnectionClosed)
    (good, bad), error = score(api, records(2))
    assert is_predicted(good)
    assert dead_letter(bad) == (Reason.REJECTED, "the api closed the connection three times", 4)
    assert (error, api.waits) == (None, [1.0, 1.0])


def test_a_record_that_the_api_fails_on_three_times_is_a_dead_letter_with_the_words_of_the_api() -> None:
    failure: dict[str, object] = {"message": "division by zero", "reason": "unavailable"}
    api = ScriptedApi([row(1)], lambda: BatchFailed("the api responded 500: ...", [failure]))
    outcomes, _ = score(api, records(2))
    assert dead_letter(outcomes[1]) == (Reason.REJECTED, "division by zero", 4)


def test_a_scored_row_is_the_control_row_of_the_next_search() -> None:
    api = ScriptedApi([row(0)], ConnectionClosed, {b'{"a": 1}': [MISSING]})
    scorer = BatchScorer(api.score, 1_000)
    _, error = scorer.score_front([Record(value=row(0))], api.wait)
    assert isinstance(error, ConnectionClosed)
    scorer.score_front([Record(value=b'{"a": 1}'), Record(value=row(9))], api.wait)
    api.requests.clear()
    (outcome,), error = scorer.score_front([Record(value=row(0))], api.wait)
    assert (dead_letter(outcome)[0], error) == (Reason.REJECTED, None)
    assert api.requests == [[row(0)], [row(9)], [row(0)], [row(9)], [row(0)]]


@pytest.mark.parametrize("error", [UnknownModel("no such model"), Unavailable("gone", 3), TimedOut("late")])
def test_an_error_that_is_not_the_records_is_returned_and_no_record_has_an_outcome(error: ApiError) -> None:
    api = ScriptedApi([row(1)], lambda: error)
    assert score(api, records(3)) == ([], error)
    assert len(api.requests) == 1


def test_invalid_records_before_the_first_valid_one_do_not_wait_for_the_api() -> None:
    api = ScriptedApi([row(1)], lambda: Unavailable("gone"))
    outcomes, error = score(api, [Record(value=None), *records(2), Record(value=None)])
    assert [dead_letter(outcome)[0] for outcome in outcomes] == [Reason.TOMBSTONE]
    assert str(error) == "gone"


def test_an_outage_within_a_search_leaves_the_outcomes_before_it() -> None:
    outage = Unavailable("gone")
    errors = iter([rejected(), rejected(), outage])
    api = ScriptedApi([row(3)], lambda: next(errors))
    given_records = [Record(value=None), *records(4), Record(value=None)]
    outcomes, error = score(api, given_records)
    assert [is_predicted(outcome) for outcome in outcomes] == [False, True, True, True]
    assert error is outage


def test_if_every_record_is_rejected_the_error_is_returned() -> None:
    outcomes, error = score(ScriptedApi([row(number) for number in range(40)]), records(40))
    assert (outcomes, str(error)) == ([], "the api responded 400: no")


def test_a_search_that_reaches_its_limit_returns_a_part_without_an_error() -> None:
    api = ScriptedApi([row(number) for number in range(1, 750, 2)])
    outcomes, error = score(api, records(750))
    assert 0 < len(outcomes) < 750
    assert error is None
    assert [is_predicted(outcome) for outcome in outcomes] == [number % 2 == 0 for number in range(len(outcomes))]


def test_what_a_wait_raises_is_passed_on() -> None:
    class Stopped(Exception):
        pass

    def wait(seconds: float) -> None:
        raise Stopped

    api = ScriptedApi([row(1)], ConnectionClosed)
    with pytest.raises(Stopped):
        BatchScorer(api.score, 1_000).score_front(records(2), wait)


def test_a_record_whose_prediction_is_too_large_for_a_topic_is_a_dead_letter() -> None:
    given_records = records(2)
    given_records[1].key = b"k" * 999_990
    (good, large), _ = score(ScriptedApi(), given_records, record_bytes=2_000_000)
    assert is_predicted(good)
    reason, message, attempts = dead_letter(large)
    assert (reason, attempts) == (Reason.TOO_LARGE, 1)
    assert "and a topic accepts 1000000" in message
    assert large.message.key == given_records[1].key


def test_a_byte_order_mark_before_a_row_is_ignored() -> None:
    record = Record(value=b'\xef\xbb\xbf{"n": 1}')
    scorer = BatchScorer(lambda rows: [prediction(b"1") for _ in rows], 1_000)
    (outcome,), _ = scorer.score_front([record], lambda seconds: None)
    assert json.loads(outcome.message.value or b"")["features"] == {"n": 1}


@pytest.mark.parametrize("error", [UnknownModel("no such model"), Unavailable("gone"), BatchRejected("no", [MISSING])])
def test_records_that_are_given_up_are_dead_letters_and_invalid_ones_keep_their_reason(error: ApiError) -> None:
    corrupt = CorruptRecord("iris.requests", 0, 3, 1_000, "crc")
    given_records: list[ReceivedRecord] = [*records(2), Record(value=None, offset=2), corrupt]
    outcomes = BatchScorer(ScriptedApi().score, 1_000).give_up(given_records, error, 7)
    assert [outcome.record for outcome in outcomes] == given_records
    letters = [dead_letter(outcome) for outcome in outcomes]
    assert letters[:2] == [(error.reason, str(error), 7)] * 2
    assert [(reason, attempts) for reason, _, attempts in letters[2:]] == [(Reason.TOMBSTONE, 0), (Reason.CORRUPT, 0)]
