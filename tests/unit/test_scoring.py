"""The core of the consumer: one outcome a record, and only the culprit of a bad batch dies."""

import itertools
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.dead_letters import DeadLetter
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.hold import Interrupted
from services.consumer.old_scoring import Scoring
from services.consumer.policy import ApiError, InQuestion, ServerError, Unavailable, UnknownModel
from services.consumer.scoring.outcomes import Outcome
from tests.records import Record, as_received

MISSING = {"row": 0, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}


def answer(row: bytes) -> dict[str, Any]:
    """A prediction whose label is the row itself, so that it can be told whose it is."""
    return {"model": "iris", "version": "1", "label": row.decode(), "probabilities": {row.decode(): 1}, "warnings": []}


class Api:
    """Answers each row with `answer`, but raises `error` whenever a poisonous row is in the batch."""

    def __init__(self, poison: Sequence[bytes] = (), error: Callable[[], ApiError] | None = None) -> None:
        self._poison, self._error = set(poison), error or (lambda: InQuestion("the api answered 400: no", []))
        self.asked: list[tuple[str, list[bytes]]] = []

    def ask(self, model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        self.asked.append((model, list(rows)))
        if self._poison & set(rows):
            raise self._error()
        return [answer(row) for row in rows]

    def scoring(self, record_bytes: int = 100_000, batch_bytes: int = 100_000) -> Scoring:
        return Scoring(self.ask, record_bytes, batch_bytes)


def row(number: int) -> bytes:
    return b'{"n": %d}' % number


def records(count: int) -> list[Record]:
    return [Record(offset=number, value=row(number)) for number in range(count)]


def died_of(outcome: Outcome) -> tuple[Reason, str, int]:
    """Reason, message and attempts of a dead letter, after checking that it tells the same as the verdict."""
    assert isinstance(outcome.verdict, Fault)
    letter = DeadLetter.read(as_received(outcome.message))
    assert (letter.reason, letter.message) == (outcome.verdict.reason, outcome.verdict.message)
    assert (letter.topic, letter.partition, letter.offset) == (outcome.record.topic, 0, outcome.record.offset)
    assert letter.attempts == outcome.attempts
    return outcome.verdict.reason, letter.message, letter.attempts


def predicted(outcome: Outcome) -> bool:
    """Whether it is a prediction, and then that of this very record."""
    if isinstance(outcome.verdict, Fault):
        return False
    assert outcome.message.topic == "iris.predictions"
    assert dict(outcome.message.headers)["source_offset"] == str(outcome.record.offset).encode()
    assert json.loads(outcome.message.value or b"")["prediction"]["label"].encode() == outcome.record.value
    return True


def test_without_records_nothing_is_asked_and_nothing_comes_out() -> None:
    api = Api()
    assert api.scoring().outcomes([]) == []
    assert api.asked == []


def test_each_model_is_asked_once_and_the_outcomes_are_in_the_records_order() -> None:
    api = Api()
    topics = ["iris.requests", "rose.requests", "iris.requests", "aster.requests", "rose.requests"]
    given = [Record(topic, 0, number, value=row(number)) for number, topic in enumerate(topics)]
    outcomes = api.scoring().outcomes(given)
    assert [outcome.record for outcome in outcomes] == given
    assert [outcome.message.topic.split(".")[0] for outcome in outcomes] == ["iris", "rose", "iris", "aster", "rose"]
    assert [json.loads(outcome.message.value or b"")["features"]["n"] for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert sorted(api.asked) == [("aster", [row(3)]), ("iris", [row(0), row(2)]), ("rose", [row(1), row(4)])]


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(1, 100))
def test_no_request_has_more_bytes_than_it_may_unless_it_has_one_row(lengths: list[int], most: int) -> None:
    api = Api()
    values = [b'{"a": "%s"}' % (b"x" * length) for length in lengths]
    api.scoring(batch_bytes=most).outcomes([Record(value=value) for value in values])
    bodies = [rows for _, rows in api.asked]
    assert [row for rows in bodies for row in rows] == values
    assert all(len(body(rows)) <= most or len(rows) == 1 for rows in bodies)
    assert all(len(body([*rows, after[0]])) > most for rows, after in itertools.pairwise(bodies))


def body(rows: Sequence[bytes]) -> bytes:
    """What the client posts."""
    return b"[" + b",".join(rows) + b"]"


def test_what_cannot_be_read_is_a_dead_letter_without_asking_and_its_neighbours_are_predicted() -> None:
    api = Api()
    given = records(5)
    given[0].value, given[2].value, given[4].value = b"{", None, b'{"a": "%s"}' % (b"x" * 100)
    outcomes = api.scoring(record_bytes=100).outcomes(given)
    assert [predicted(outcome) for outcome in outcomes] == [False, True, False, True, False]
    died = [died_of(outcome) for outcome in outcomes[::2]]
    assert [(reason, attempts) for reason, _, attempts in died] == [
        (Reason.UNDECODABLE, 0),
        (Reason.TOMBSTONE, 0),
        (Reason.TOO_LARGE, 0),
    ]
    assert api.asked == [("iris", [row(1), row(3)])]


def test_a_row_whose_errors_the_api_names_is_a_dead_letter_with_the_first_of_them() -> None:
    second = {"row": 1, "field": None, "message": "is worse", "reason": "not_an_object"}

    def ask(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        return [answer(rows[0]), {"errors": [MISSING, second]}, answer(rows[2])]

    outcomes = Scoring(ask, 1_000, 1_000).outcomes(records(3))
    assert [predicted(outcome) for outcome in outcomes] == [True, False, True]
    assert died_of(outcomes[1]) == (Reason.MISSING_FEATURE, "petal_width is missing", 1)


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([], "the api gives no reason"),
        ([{}], "the api gives no reason"),
        ([{"reason": None, "field": None, "message": "no"}], "no"),
        ([{"reason": "moonphase", "field": "n", "message": "is odd"}], "n is odd"),
        ([{"reason": ["unhashable"], "message": 7}], "7"),
    ],
)
def test_a_reason_that_is_not_known_here_is_rejected(errors: list[dict[str, object]], told: str) -> None:
    (outcome,) = Scoring(lambda model, rows: [{"errors": errors}], 1_000, 1_000).outcomes(records(1))
    assert died_of(outcome) == (Reason.REJECTED, told, 1)


@given(st.integers(1, 64).flatmap(lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1)))))
def test_of_a_batch_in_question_just_the_culprits_die_for_few_questions(case: tuple[int, set[int]]) -> None:
    count, culprits = case
    api = Api([row(number) for number in culprits])
    outcomes = api.scoring().outcomes(records(count))
    assert {number for number, outcome in enumerate(outcomes) if not predicted(outcome)} == culprits
    depth = math.ceil(math.log2(count))
    assert len(api.asked) <= 1 + 2 * depth * len(culprits)
    for number in culprits:
        reason, message, attempts = died_of(outcomes[number])
        assert (reason, message) == (Reason.REJECTED, "the api answered 400: no")
        assert depth <= attempts <= depth + 1


def test_the_errors_of_the_culprit_alone_say_why_it_died() -> None:
    api = Api([row(2)], lambda: InQuestion("the api answered 400: no", [MISSING]))
    outcomes = api.scoring().outcomes(records(4))
    assert [predicted(outcome) for outcome in outcomes] == [True, True, False, True]
    assert died_of(outcomes[2]) == (Reason.MISSING_FEATURE, "petal_width is missing", 3)


def test_errors_of_the_server_are_three_attempts_each() -> None:
    api = Api([row(1)], lambda: ServerError("the api answered 500: oh", []))
    good, bad = api.scoring().outcomes(records(2))
    assert predicted(good)
    assert good.attempts == 4
    assert died_of(bad) == (Reason.REJECTED, "the api answered 500: oh", 6)
    assert [len(rows) for _, rows in api.asked] == [2, 1, 1]


@pytest.mark.parametrize(
    ("error", "reason"),
    [(UnknownModel("no such model"), Reason.UNKNOWN_MODEL), (Unavailable("no answer"), Reason.UNAVAILABLE)],
)
def test_where_no_row_is_to_blame_the_whole_batch_dies_of_one_question(error: ApiError, reason: Reason) -> None:
    api = Api([row(1)], lambda: error)
    outcomes = api.scoring(batch_bytes=20).outcomes(records(6))
    assert len(api.asked) == 3
    assert [died_of(outcome) for outcome in outcomes[:2]] == [(reason, str(error), 1)] * 2
    assert all(predicted(outcome) for outcome in outcomes[2:])


def test_an_outage_in_the_midst_of_a_search_counts_the_questions_before() -> None:
    errors = iter([InQuestion("400", []), Unavailable("gone"), Unavailable("gone")])
    api = Api([row(0), row(1)], lambda: next(errors))
    assert [died_of(outcome) for outcome in api.scoring().outcomes(records(2))] == [(Reason.UNAVAILABLE, "gone", 2)] * 2


def test_an_interruption_leaves_the_batch_without_outcomes() -> None:
    def ask(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        raise Interrupted("asked to stop")

    with pytest.raises(Interrupted):
        Scoring(ask, 1_000, 1_000).outcomes(records(2))


def test_a_record_whose_prediction_no_topic_would_take_is_a_dead_letter() -> None:
    given = records(2)
    given[1].key = b"k" * 999_990
    good, large = Api().scoring(record_bytes=2_000_000).outcomes(given)
    assert predicted(good)
    reason, message, attempts = died_of(large)
    assert (reason, attempts) == (Reason.TOO_LARGE, 1)
    assert "and a topic takes 1000000" in message
    assert large.message.key == given[1].key
