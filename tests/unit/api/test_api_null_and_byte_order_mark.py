"""A null for a feature that the model does not use counts as absent; a byte order mark before a body is skipped."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from petalstream.features import Kind, YesNo
from petalstream.model.bundle import Bundle
from tests.records import FLOWER
from tests.unit.api.asked import inputs
from tests.unit.api.inferences import columns
from tests.unit.api.tables import CSV, JSON, as_columns, as_csv, as_json, post, post_gzip

PREDICT, INFER, BOM = "/models/heart_failure/predict", "/v2/models/heart_failure/infer", b"\xef\xbb\xbf"
UNUSED = ("diabetes", "sex")
# Few rows are validated one by one, many as columns.
COUNTS = (1, 2, 40)


def absent(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in UNUSED}


def null(row: dict[str, Any]) -> dict[str, Any]:
    return row | dict.fromkeys(UNUSED)


@pytest.mark.parametrize("query", ["", "?on_error=report", "?format=columns"])
@pytest.mark.parametrize("count", COUNTS)
def test_null_for_an_unused_feature_is_as_if_it_were_absent(
    both: FlaskClient, patient: dict[str, Any], count: int, query: str
) -> None:
    path = f"{PREDICT}{query}"
    expected = post(both, path, as_json([absent(patient)] * count))
    assert expected.status_code == 200
    for write in (as_json, as_columns):
        assert post(both, path, write([null(patient)] * count)).get_json() == expected.get_json()
    unnamed = as_csv([null(patient)] * count).replace(b"None", b"")
    assert post(both, path, unnamed, CSV).get_json() == expected.get_json()


@pytest.mark.parametrize("write", [as_json, as_columns])
@pytest.mark.parametrize("count", COUNTS)
def test_null_in_some_rows_is_absent_from_these(
    both: FlaskClient, patient: dict[str, Any], count: int, write: Any
) -> None:
    rows = [patient, patient | {"sex": None}, null(patient)] * count
    answers = post(both, PREDICT, write(rows)).get_json()
    assert [answer.get("unused") for answer in answers] == [["diabetes", "sex"], ["diabetes"], None] * count


def test_a_single_row_with_null_is_as_if_it_were_absent(both: FlaskClient, patient: dict[str, Any]) -> None:
    answers = [both.post(PREDICT, json=row).get_json() for row in (absent(patient), null(patient))]
    assert answers[0] == answers[1]
    typed = {name: str(value).lower() for name, value in absent(patient).items()}
    assert both.post(PREDICT, data=typed | dict.fromkeys(UNUSED, "")).get_json() == answers[0]


@pytest.mark.parametrize("count", COUNTS)
def test_null_in_a_tensor_of_an_unused_feature_is_as_if_it_were_absent(
    both: FlaskClient, patient: dict[str, Any], count: int
) -> None:
    metadata = both.get("/v2/models/heart_failure").get_json()
    expected = both.post(INFER, json=columns(metadata, [absent(patient)] * count)).get_json()
    assert expected["outputs"]
    assert both.post(INFER, json=columns(metadata, [null(patient)] * count)).get_json() == expected
    flat = [None if value is None else float(value) for value in null(patient).values()] * count
    matrix = {"name": "all", "datatype": "FP64", "shape": [count, len(patient)], "data": flat}
    assert both.post(INFER, json={"inputs": [matrix]}).get_json() == expected


@pytest.mark.parametrize("count", COUNTS)
def test_null_for_a_used_feature_stays_an_error(both: FlaskClient, patient: dict[str, Any], count: int) -> None:
    rows = [patient] * (count - 1) + [patient | {"age": None}]
    for write in (as_json, as_columns):
        response = post(both, PREDICT, write(rows))
        assert response.status_code == 400
        assert [(error["row"], error["field"]) for error in response.get_json()["errors"]] == [(count - 1, "age")]
    metadata = both.get("/v2/models/heart_failure").get_json()
    response = both.post(INFER, json=columns(metadata, rows))
    assert response.status_code == 400
    assert response.get_json()["error"].endswith(f"row {count - 1}: age must be a number, not null")


def test_the_document_allows_null_for_an_unused_feature_alone(both: FlaskClient, heart_failure: Bundle) -> None:
    schemas = both.get("/openapi.json").get_json()["components"]["schemas"]
    properties = schemas["heart_failure.row"]["properties"]
    nullable = [name for name, schema in properties.items() if Draft202012Validator(schema).is_valid(None)]
    assert nullable == list(UNUSED)
    assert {feature.kind for feature in heart_failure.manifest.features if not feature.used} == {Kind.YES_NO}


def test_a_feature_itself_is_never_null() -> None:
    assert YesNo("sex", "Sex", used=False).find_fault(None)


@pytest.mark.parametrize("send", [post, post_gzip])
@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/predict", json.dumps(FLOWER).encode(), JSON),
        ("/predict", as_json([FLOWER] * 40), JSON),
        ("/predict", as_json([FLOWER]).replace(b"0.2", b"NaN"), JSON),
        ("/predict", as_columns([FLOWER] * 2), JSON),
        ("/predict", as_csv([FLOWER] * 2), CSV),
        ("/v2/models/iris/infer", json.dumps(inputs()).encode(), JSON),
    ],
)
def test_a_byte_order_mark_before_a_body_changes_nothing(
    client: FlaskClient, path: str, body: bytes, content_type: str, send: Any
) -> None:
    marked, plain = (send(client, path, sent, content_type) for sent in (BOM + body, body))
    assert (marked.status_code, marked.get_json()) == (plain.status_code, plain.get_json())


@pytest.mark.parametrize("body", [BOM, BOM + BOM + b"{}", b"{" + BOM + b"}"])
def test_a_mark_alone_twice_or_within_is_no_json(client: FlaskClient, body: bytes) -> None:
    response = post(client, "/predict", body)
    assert response.status_code == 400
    assert response.get_json()["detail"].startswith("the body is not JSON: ")
