"""What the api says of a batch in columns: row by row, and only where every column is what our api would write."""

import json
from typing import Any

import pytest

from services.consumer import answers
from services.consumer.answers import ForeignAnswer

MISSING = {"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}
# Three rows, the second at fault.
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
    assert answers.by_row(COLUMNS, 3) == [FIRST, {"errors": [MISSING]}, LAST]


def test_votes_and_unused_features_are_told_of_the_rows_that_have_them() -> None:
    votes = {"tree": ["setosa", None, "setosa"], "forest": ["setosa", None, "virginica"]}
    first, _, last = answers.by_row(COLUMNS | {"votes": votes, "unused": {"0": ["sex"]}}, 3)
    assert first == FIRST | {"votes": {"tree": "setosa", "forest": "setosa"}, "unused": ["sex"]}
    assert last == LAST | {"votes": {"tree": "setosa", "forest": "virginica"}}


def test_an_answer_may_be_of_errors_alone() -> None:
    columns = {"model": "iris", "version": "7", "rows": 1, "label": [None], "probabilities": {"setosa": [None]}}
    assert answers.by_row(columns | {"warnings": {}, "errors": {"0": [MISSING]}}, 1) == [{"errors": [MISSING]}]


def test_what_an_error_repeats_of_a_row_is_no_reason_to_refuse_the_whole_answer() -> None:
    said = {"errors": {"1": [MISSING | {"field": "\ud800"}]}}
    found = answers.by_row(answers.parsed(json.dumps(COLUMNS | said).encode()), 3)
    assert found == [FIRST, {"errors": [MISSING | {"field": "\ud800"}]}, LAST]


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
        {"probabilities": {}},
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
def test_an_answer_of_which_one_column_is_not_as_our_api_writes_it_is_somebody_elses(other: dict[str, Any]) -> None:
    read = answers.parsed(json.dumps(COLUMNS | other).encode())
    assert read is not None
    with pytest.raises(ForeignAnswer):
        answers.by_row(read, 3)


@pytest.mark.parametrize("name", ["model", "version", "rows", "label", "probabilities", "warnings", "errors"])
def test_an_answer_without_what_every_answer_has_is_somebody_elses(name: str) -> None:
    with pytest.raises(ForeignAnswer):
        answers.by_row({key: value for key, value in COLUMNS.items() if key != name}, 3)


@pytest.mark.parametrize("other", [None, [], [FIRST], "no", 3, {}])
def test_what_is_no_object_of_columns_is_somebody_elses(other: object) -> None:
    with pytest.raises(ForeignAnswer):
        answers.by_row(other, 3)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"{", b"[" * 100_000 + b"]" * 100_000])
def test_what_is_not_json_is_nothing(body: bytes) -> None:
    assert answers.parsed(body) is None
