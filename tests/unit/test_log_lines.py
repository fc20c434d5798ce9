"""The line that people read: a prediction and whether it is right, or a dead letter and why."""

import time

from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.output import log_lines
from services.consumer.scoring.batch_scorer import BatchScorer
from services.consumer.scoring.records import read_request
from tests.records import Record

ANSWER = {
    "model": "iris",
    "version": "3",
    "label": "setosa",
    "probabilities": {"setosa": 0.976, "virginica": 0.024},
    "warnings": [],
}


def no_wait(seconds: float) -> None:
    raise AssertionError("there is nothing to wait for")


def line_for(expected: bytes | None) -> str:
    headers = [("expected", expected)] if expected else []
    features = b'{"sepal_length": 5.1, "petal_width": 0.2}'
    request = read_request(Record(partition=3, offset=17, value=features, headers=headers), 1_000)
    return log_lines.prediction(request, ANSWER, 0.0124)


def test_a_prediction_is_shown_as_one_readable_line() -> None:
    record, answer = line_for(b"setosa").split("  ->  ")
    assert record == "iris.requests[3]@17  sepal_length=5.1 petal_width=0.2"
    assert answer == "setosa 97.6%  ✓ as expected  (iris version 3, 12 ms)"


def test_a_vote_is_shown_as_votes_and_yes_or_no_as_words() -> None:
    votes = {"tree": "setosa", "forest": "virginica", "extra": "setosa"}
    request = read_request(Record(value=b'{"scented": true, "wild": false, "height": 3}'), 1_000)
    shown = log_lines.prediction(request, ANSWER | {"votes": votes, "probabilities": {"setosa": 2 / 3}}, 0.0124)
    assert "  scented=yes wild=no height=3  ->  setosa 2 of 3 votes  ? no" in shown


def test_a_vote_with_weights_is_shown_as_its_share_since_a_minority_may_win() -> None:
    votes = {"tree": "setosa", "forest": "virginica", "extra": "virginica"}
    answer = ANSWER | {"votes": votes, "probabilities": {"setosa": 0.6, "virginica": 0.4}}
    shown = log_lines.prediction(read_request(Record(value=b"{}"), 1_000), answer, 0.0124)
    assert "->  setosa 60.0% of the votes by weight  ? no" in shown


def test_a_wrong_prediction_and_one_without_a_known_label_are_told_apart() -> None:
    assert "✗ expected virginica" in line_for(b"virginica")
    assert "? no known label" in line_for(None)


def test_the_latency_is_from_the_records_timestamp_to_now() -> None:
    record = Record(value=b'{"n": 1}', timestamp=int(time.time() * 1000) - 90_000)
    (outcome,) = BatchScorer(lambda rows: [ANSWER], 1_000).score_front([record], no_wait).outcomes
    shown = log_lines.lines([outcome])
    assert shown.startswith("iris.requests[0]@0  n=1  ->  setosa 97.6%  ? no known label  (iris version 3, ")
    milliseconds = int(shown.removesuffix(" ms)").split()[-1])
    assert 90_000 <= milliseconds < 100_000


def test_a_dead_letter_is_shown_with_its_place_reason_and_message() -> None:
    tombstone = Record(partition=3, offset=17, value=None)
    (outcome,) = BatchScorer(lambda rows: [], 1_000).score_front([tombstone], no_wait).outcomes
    assert outcome.verdict == Fault(Reason.TOMBSTONE, "a tombstone (null value) where a JSON object was expected")
    assert log_lines.lines([outcome]) == (
        "iris.requests[3]@17  ->  dead letter, tombstone: a tombstone (null value) where a JSON object was expected"
    )
