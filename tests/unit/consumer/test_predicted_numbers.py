"""A predicted number: read from the api's columns, written to Kafka, and shown beside the true number."""

import json
import time
from typing import Any

import pytest

from petalstream.settings import ConsumerPrint
from services.consumer.api_client import responses
from services.consumer.api_client.responses import ForeignResponse
from services.consumer.output import log_lines
from services.consumer.scoring.batch_scorer import BatchScorer
from services.consumer.scoring.outcomes import Outcome
from tests.records import Record

MISSING = {"row": 1, "field": "island", "message": "is missing", "reason": "missing_feature"}
COMMON = {"model": "penguins", "version": "2"}
# Three rows, of which the second is invalid.
COLUMNS: dict[str, Any] = {
    **COMMON,
    "rows": 3,
    "prediction": [4100.0, None, 3250.5],
    "unit": "g",
    "interval": {"lower": [3500.0, None, 2650.5], "upper": [4700.0, None, 3850.5]},
    "warnings": {"2": ["bill_depth_mm 3 mm is outside the training range"]},
    "errors": {"1": [MISSING]},
}
FIRST = {**COMMON, "prediction": 4100.0, "unit": "g", "interval": [3500.0, 4700.0], "warnings": []}


def test_each_row_has_its_number_with_the_interval_or_its_errors() -> None:
    last = {"prediction": 3250.5, "interval": [2650.5, 3850.5], "warnings": COLUMNS["warnings"]["2"]}
    assert responses.row_results(COLUMNS, 3) == [FIRST, {"errors": [MISSING]}, FIRST | last]


def test_a_model_without_intervals_has_numbers_alone() -> None:
    columns = {name: value for name, value in COLUMNS.items() if name != "interval"}
    first, *_ = responses.row_results(columns, 3)
    assert first == {name: value for name, value in FIRST.items() if name != "interval"}


@pytest.mark.parametrize(
    "other",
    [
        {"unit": None},
        {"prediction": None},
        {"prediction": [4100.0, None]},
        {"prediction": [4100.0, 1.0, 3250.5]},
        {"prediction": [4100.0, None, "3250.5"]},
        {"prediction": [4100.0, None, True]},
        {"prediction": [4100.0, None, float("nan")]},
        {"prediction": [4100.0, None, float("inf")]},
        {"interval": None},
        {"interval": {"lower": [3500.0, None, 2650.5]}},
        {"interval": {"lower": [3500.0, None, 2650.5], "upper": [4700.0, None]}},
        {"interval": {"lower": [3500.0, None, 2650.5], "upper": [4700.0, None, "3850.5"]}},
        {"interval": {"lower": [3500.0, None, 2650.5], "upper": [4700.0, None, 2650.0]}},
    ],
)
def test_columns_that_our_api_never_writes_are_foreign(other: dict[str, Any]) -> None:
    content = responses.parse(json.dumps(COLUMNS | other).encode())
    with pytest.raises(ForeignResponse):
        responses.row_results(content, 3)


def no_wait(seconds: float) -> None:
    raise AssertionError("there is nothing to wait for")


def outcome(expected: bytes | None = None, **result: Any) -> Outcome:
    """The outcome of a record that was sent now."""
    headers = [("expected", expected)] if expected else []
    record = Record("penguins.requests", 3, 17, value=b'{"sex": "male"}', headers=headers, timestamp=_now())
    return BatchScorer(lambda rows: [FIRST | result], 1_000).score_front([record], no_wait).outcomes[0]


def _now() -> int:
    return int(time.time() * 1000)


def line(found: Outcome, shown: ConsumerPrint = ConsumerPrint.FEATURES) -> str:
    return log_lines.lines([found], shown).partition("  (penguins version 2, ")[0]


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (b"3950", "error +150 g, within its interval"),
        (b"4800.5", "error -700.5 g, outside its interval"),
        (b"4100", "error 0 g, within its interval"),
        (None, "? no known number"),
        (b"heavy", "? expected is no number"),
        (b"nan", "? expected is no number"),
    ],
)
def test_a_line_has_the_number_its_interval_and_the_error(expected: bytes | None, said: str) -> None:
    assert line(outcome(expected)) == f"penguins.requests[3]@17  sex=male  ->  4,100 g (3,500 to 4,700)  {said}"


def test_without_values_a_line_has_no_error_from_which_the_true_number_could_be_reckoned() -> None:
    shown = line(outcome(b"3950"), ConsumerPrint.LABEL)
    assert shown == "penguins.requests[3]@17  ->  4,100 g (3,500 to 4,700)  ? compared with no number"


def test_a_prediction_record_has_value_unit_and_interval() -> None:
    message = outcome(b"3950").message
    assert message.topic == "penguins.predictions"
    assert json.loads(message.value or b"") == {
        **COMMON,
        "prediction": {"value": 4100.0, "unit": "g", "interval": [3500.0, 4700.0]},
        "features": {"sex": "male"},
        "warnings": [],
    }
