"""The line that people read: a prediction and whether it is right, or a dead letter and why."""

import time

import pytest

from petalstream.reasons import Fault, Reason
from petalstream.settings import ConsumerPrint
from services.consumer.output import log_lines
from services.consumer.scoring.batch_scorer import BatchScorer
from services.consumer.scoring.outcomes import Outcome
from tests.records import Record

ANSWER = {
    "model": "iris",
    "version": "3",
    "label": "setosa",
    "probabilities": {"setosa": 0.976, "virginica": 0.024},
    "warnings": [],
}
DAY_MS = 24 * 3600 * 1000


def no_wait(seconds: float) -> None:
    raise AssertionError("there is nothing to wait for")


def outcome(
    value: bytes | None = b'{"sepal_length": 5.1, "petal_width": 0.2}',
    expected: bytes | None = None,
    ago_ms: int = 12,
    timestamp: int | None = None,
    **answer: object,
) -> Outcome:
    """The outcome of a record that was sent `ago_ms` ago, or at `timestamp`."""
    sent = int(time.time() * 1000) - ago_ms if timestamp is None else timestamp
    headers = [("expected", expected)] if expected else []
    record = Record(partition=3, offset=17, value=value, headers=headers, timestamp=sent)
    return BatchScorer(lambda rows: [ANSWER | answer], 1_000).score_front([record], no_wait).outcomes[0]


def line(found: Outcome, shown: ConsumerPrint = ConsumerPrint.FEATURES) -> str:
    return log_lines.lines([found], shown).removesuffix("\n")


def test_a_prediction_is_shown_as_one_readable_line() -> None:
    record, answer = line(outcome(expected=b"setosa")).split("  ->  ")
    assert record == "iris.requests[3]@17  sepal_length=5.1 petal_width=0.2"
    assert answer.startswith("setosa 97.6%  ✓ as expected  (iris version 3, ")
    assert answer.endswith(" ms)")


def test_a_vote_is_shown_as_votes_and_yes_or_no_as_words() -> None:
    votes = {"tree": "setosa", "forest": "virginica", "extra": "setosa"}
    value = b'{"scented": true, "wild": false, "height": 3}'
    shown = line(outcome(value, votes=votes, probabilities={"setosa": 2 / 3}))
    assert "  scented=yes wild=no height=3  ->  setosa 2 of 3 votes  ? no" in shown


def test_a_vote_with_weights_is_shown_as_its_share_since_a_minority_may_win() -> None:
    votes = {"tree": "setosa", "forest": "virginica", "extra": "virginica"}
    shown = line(outcome(b"{}", votes=votes, probabilities={"setosa": 0.6, "virginica": 0.4}))
    assert "->  setosa 60.0% of the votes by weight  ? no" in shown


def test_a_label_without_a_probability_is_shown_alone() -> None:
    assert "->  setosa  ✓ as expected  (iris" in line(outcome(expected=b"setosa", probabilities={}))
    assert "->  setosa  ✗ expected virginica  (iris" in line(outcome(expected=b"virginica", probabilities={}))


def test_a_threshold_is_shown_since_a_less_likely_label_may_be_predicted() -> None:
    shown = line(outcome(label="virginica", threshold={"virginica": 0.02}))
    assert "->  virginica 2.4% (virginica from 2.0% on)  ? no" in shown


def test_a_wrong_prediction_and_one_without_a_known_label_are_told_apart() -> None:
    assert "✗ expected virginica" in line(outcome(expected=b"virginica"))
    assert "? no known label" in line(outcome())


def test_the_latency_is_from_the_records_timestamp_to_now() -> None:
    shown = line(outcome(ago_ms=90_000))
    milliseconds = int(shown.removesuffix(" ms)").split()[-1])
    assert 90_000 <= milliseconds < 100_000


@pytest.mark.parametrize(
    ("timestamp", "said"),
    [
        (-1, "the record has no timestamp"),
        (1_758_204_138, "the record's timestamp is 1970-01-21T08:23:24.138Z"),
        (1_758_204_138_690_376, "the record's timestamp is 1758204138690376 ms"),
        (2**63 - 1, "the record's timestamp is 9223372036854775807 ms"),
    ],
)
def test_a_timestamp_that_gives_no_latency_is_shown_instead(timestamp: int, said: str) -> None:
    assert f"(iris version 3, no latency: {said}" in line(outcome(timestamp=timestamp))


def test_a_timestamp_an_hour_ahead_or_eight_days_ago_gives_no_latency() -> None:
    for ago_ms in (-3_600_000, 8 * DAY_MS):
        assert "no latency: the record's timestamp is 2" in line(outcome(ago_ms=ago_ms))


def test_a_dead_letter_is_shown_with_its_place_reason_and_message() -> None:
    found = outcome(None)
    assert found.verdict == Fault(Reason.TOMBSTONE, "a tombstone (null value) where a JSON object was expected")
    assert line(found) == (
        "iris.requests[3]@17  ->  dead letter, tombstone: a tombstone (null value) where a JSON object was expected"
    )


def test_label_shows_neither_features_nor_what_a_dead_letters_message_quotes() -> None:
    shown = line(outcome(expected=b"setosa"), ConsumerPrint.LABEL)
    assert shown.startswith("iris.requests[3]@17  ->  setosa 97.6%  ✓ as expected  (iris version 3, ")
    assert line(outcome(None), ConsumerPrint.LABEL) == "iris.requests[3]@17  ->  dead letter, tombstone"


def test_label_shows_an_expected_label_only_if_the_model_has_it() -> None:
    assert "✗ expected virginica  (" in line(outcome(expected=b"virginica"), ConsumerPrint.LABEL)
    assert "✗ expected another label  (" in line(outcome(expected=b"Jane Doe"), ConsumerPrint.LABEL)


def test_none_prints_nothing() -> None:
    log_lines.printer(ConsumerPrint.NONE)([outcome(), outcome(None)])
