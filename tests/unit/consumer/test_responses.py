"""A response in columns: the result of each row, and an error unless every column is as our api writes it."""

import json
from typing import Any

import pytest

from services.consumer.api_client import responses
from services.consumer.api_client.responses import ForeignResponse

MISSING = {"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}
# Three rows, of which the second is invalid.
COLUMNS: dict[str, Any] = {
    "model": "iris",
    "version": "7",
    "rows": 3,
    "label": ["setosa", None, "virginica"],
    "probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None, 0.75]},
    "warnings": {"2": ["petal_length 9 cm is outside the training range"]},
    "errors": {"1": [MISSING]},
}
FIRST: dict[str, Any] = {
    "model": "iris",
    "version": "7",
    "label": "setosa",
    "probabilities": {"setosa": 1.0, "virginica": 0.0},
    "warnings": [],
}
LAST = FIRST | {
    "label": "virginica",
    "probabilities": {"setosa": 0.25, "virginica": 0.75},
    "warnings": ["petal_length 9 cm is outside the training range"],
}


def test_each_row_has_its_prediction_or_its_errors() -> None:
    assert responses.row_results(COLUMNS, 3) == [FIRST, {"errors": [MISSING]}, LAST]


def test_rows_have_their_votes_and_unused_features() -> None:
    votes = {"tree": ["setosa", None, "setosa"], "forest": ["setosa", None, "virginica"]}
    first, _, last = responses.row_results(COLUMNS | {"votes": votes, "unused": {"0": ["sex"]}}, 3)
    assert first == FIRST | {"votes": {"tree": "setosa", "forest": "setosa"}, "unused": ["sex"]}
    assert last == LAST | {"votes": {"tree": "setosa", "forest": "virginica"}}


def test_a_model_without_probabilities_has_labels_alone() -> None:
    first, errors, last = responses.row_results(COLUMNS | {"probabilities": {}}, 3)
    assert (first, last) == (FIRST | {"probabilities": {}}, LAST | {"probabilities": {}})
    assert errors == {"errors": [MISSING]}


def test_each_row_has_the_threshold_of_its_model() -> None:
    threshold = {"virginica": 0.3}
    first, errors, last = responses.row_results(COLUMNS | {"threshold": threshold}, 3)
    assert (first, last) == (FIRST | {"threshold": threshold}, LAST | {"threshold": threshold})
    assert errors == {"errors": [MISSING]}


def test_a_response_may_hold_errors_only() -> None:
    columns = {"model": "iris", "version": "7", "rows": 1, "label": [None], "probabilities": {"setosa": [None]}}
    assert responses.row_results(columns | {"warnings": {}, "errors": {"0": [MISSING]}}, 1) == [{"errors": [MISSING]}]


def test_a_lone_surrogate_that_an_error_repeats_is_read() -> None:
    surrogate = {"errors": {"1": [MISSING | {"field": "\ud800"}]}}
    results = responses.row_results(responses.parse(json.dumps(COLUMNS | surrogate).encode()), 3)
    assert results == [FIRST, {"errors": [MISSING | {"field": "\ud800"}]}, LAST]


@pytest.mark.parametrize(
    "other",
    [
        {"rows": 2},
        {"rows": None},
        {"model": None},
        {"version": 7},
        {"label": ["setosa", None]},
        {"label": {"0": "setosa"}},
        {"label": ["setosa", "setosa", "virginica"]},
        {"label": [None, "setosa", "virginica"]},
        {"label": ["setosa", None, None]},
        {"label": ["setosa", None, "rose"]},
        {"label": ["setosa", None, 7]},
        {"label": ["setosa", None, ["virginica"]]},
        {"probabilities": None},
        {"probabilities": {"virginica": [0.0, None, 0.75]}},
        {"probabilities": [[1.0, None, 0.25], [0.0, None, 0.75]]},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, 0.5, 0.75]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [None, 0.5, 0.75]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None, "0.75"]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None, True]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None, 1.5]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [-0.5, None, 0.75]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None, float("nan")]}},
        {"probabilities": {"setosa": [1.0, None, 0.25], "virginica": [0.0, None, float("inf")]}},
        {"votes": ["setosa", None, "virginica"]},
        {"votes": {"tree": ["setosa", None]}},
        {"warnings": []},
        {"warnings": None},
        {"warnings": {"2": "petal_length"}},
        {"warnings": {"3": []}},
        {"unused": {"02": []}},
        {"unused": {"-1": []}},
        {"errors": [MISSING]},
        {"errors": {}},
        {"errors": {"1": []}},
        {"errors": {"1": ["is missing"]}},
        {"errors": {"1": [MISSING], "2": [MISSING]}},
    ],
)
def test_a_response_with_a_column_that_our_api_never_writes_is_foreign(other: dict[str, Any]) -> None:
    content = responses.parse(json.dumps(COLUMNS | other).encode())
    assert content is not None
    with pytest.raises(ForeignResponse):
        responses.row_results(content, 3)


@pytest.mark.parametrize("name", ["model", "version", "rows", "label", "probabilities", "warnings", "errors"])
def test_a_response_without_a_required_member_is_foreign(name: str) -> None:
    with pytest.raises(ForeignResponse):
        responses.row_results({key: value for key, value in COLUMNS.items() if key != name}, 3)


@pytest.mark.parametrize("other", [None, [], [FIRST], "no", 3, {}])
def test_a_response_that_is_not_an_object_of_columns_is_foreign(other: object) -> None:
    with pytest.raises(ForeignResponse):
        responses.row_results(other, 3)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"{", b"[" * 100_000 + b"]" * 100_000])
def test_a_body_that_is_not_json_is_none(body: bytes) -> None:
    assert responses.parse(body) is None
