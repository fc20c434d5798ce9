"""An answer in columns says of every row what the list of answers says of it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from petalstream.model.bundle import Bundle
from services.api.models.loading import open_bundle
from services.api.wire.json_text import write_json, write_predictions
from tests.records import FLOWER
from tests.unit.api.tables import JSON, post

Json = dict[str, Any]
BAD: tuple[Any, ...] = ({}, None, 7, {"rose": 1})
ODD_FLOWERS = [FLOWER, FLOWER | {"petal_length": 99, "sepal_width": 0}, FLOWER | {"petal_width": 2.5}]


@pytest.fixture
def rows(both: FlaskClient, heart_failure: Bundle, model: str) -> list[Any]:
    """Rows that fit the model, some of which it warns of, and some with what it does without."""
    if model == "iris":
        return ODD_FLOWERS
    patients = [features for _, features, _ in heart_failure.test_set()][:4]
    beside = {feature.name for feature in heart_failure.manifest.features if not feature.used}
    assert beside
    without = {name: value for name, value in patients[0].items() if name not in beside}
    return [*patients, patients[1] | {"age": 119}, without]


def by_row(columns: Json) -> list[Json]:
    """The list of answers that says the same."""
    found: list[Json] = []
    for row in range(columns["rows"]):
        of_row = {"warnings": columns["warnings"].get(str(row), []), "label": columns["label"][row]}
        of_row |= {name: columns[name] for name in ("model", "version")}
        of_row |= {"probabilities": {name: values[row] for name, values in columns["probabilities"].items()}}
        if "votes" in columns:
            of_row["votes"] = {name: values[row] for name, values in columns["votes"].items()}
        if names := columns.get("unused", {}).get(str(row)):
            of_row["unused"] = names
        if errors := columns["errors"].get(str(row)):
            assert of_row["label"] is None
            assert {*of_row["probabilities"].values(), *of_row.get("votes", {}).values()} == {None}
            of_row = {"errors": errors}
        found.append(of_row)
    return found


def asked(client: FlaskClient, model: str, rows: Sequence[Any], query: str) -> Any:
    answer = post(client, f"/models/{model}/predict?{query}", json.dumps(rows).encode())
    assert (answer.status_code, answer.mimetype) == (200, JSON)
    return answer.get_json()


@pytest.mark.parametrize("model", ["iris", "heart_failure"])
@pytest.mark.parametrize("times", [1, 30])
def test_it_says_what_the_list_says(both: FlaskClient, model: str, rows: list[Any], times: int) -> None:
    columns = asked(both, model, rows * times, "format=columns")
    assert by_row(columns) == asked(both, model, rows * times, "format=json")
    assert columns["errors"] == {}
    assert columns["warnings"]


@pytest.mark.parametrize("model", ["iris", "heart_failure"])
@pytest.mark.parametrize("times", [1, 30])
def test_it_says_of_faults_what_the_list_says(both: FlaskClient, model: str, rows: list[Any], times: int) -> None:
    mixed = [BAD[0], *rows, *BAD, *rows] * times
    columns = asked(both, model, mixed, "on_error=report&format=columns")
    assert by_row(columns) == asked(both, model, mixed, "on_error=report")
    assert len(columns["errors"]) == 5 * times


@pytest.mark.parametrize("model", ["iris", "heart_failure"])
def test_it_says_of_faults_alone_what_the_list_says(both: FlaskClient, model: str) -> None:
    columns = asked(both, model, BAD, "on_error=report&format=columns")
    assert by_row(columns) == asked(both, model, BAD, "on_error=report")


def test_a_fault_whose_name_is_no_text_is_told_in_columns_too(both: FlaskClient) -> None:
    mixed = [{"\ud800": 1}, FLOWER]
    columns = asked(both, "iris", mixed, "on_error=report&format=columns")
    assert by_row(columns) == asked(both, "iris", mixed, "on_error=report")


def test_one_object_is_one_row(both: FlaskClient) -> None:
    answer = both.post("/predict?format=columns", json=FLOWER).get_json()
    assert by_row(answer) == [both.post("/predict", json=FLOWER).get_json()]


@pytest.mark.parametrize("model", ["iris", "heart_failure"])
def test_its_schema_is_documented(both: FlaskClient, model: str, rows: list[Any]) -> None:
    document = both.get("/openapi.json").get_json()
    operation = document["paths"][f"/models/{model}/predict"]["post"]
    documented = operation["responses"]["200"]["content"][JSON]["schema"]["anyOf"]
    schema = {"$ref": f"#/components/schemas/{model}.scored"}
    assert schema in documented
    judge = Draft202012Validator({**schema, "components": document["components"]})
    for sent in (rows, [*BAD, *rows], BAD):
        answer = asked(both, model, sent, "on_error=report&format=columns")
        judge.validate(answer)
        for name in ("rows", "label", "probabilities", "warnings", "errors", "model"):
            assert not judge.is_valid({key: value for key, value in answer.items() if key != name})
        assert not judge.is_valid(answer | {"more": 1})
        assert not judge.is_valid(answer | {"label": ["no label"]})


@pytest.mark.parametrize("model", ["iris", "heart_failure"])
@pytest.mark.parametrize("bad", [(), BAD])
def test_a_text_put_together_is_the_text_of_the_answers(
    iris: Bundle, heart_failure: Bundle, model: str, rows: list[Any], bad: tuple[Any, ...]
) -> None:
    scored = open_bundle({"iris": iris, "heart_failure": heart_failure}[model]).scorer.predict_valid(
        [*rows, *bad, *rows]
    )
    assert write_predictions(scored) == write_json(scored.as_rows())
