"""Every bad request is answered as application/problem+json, with errors that name row and field."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.api.errors import UnknownModel
from services.api.gateway import problems

FEATURES = "the features are sepal_length, sepal_width, petal_length, petal_width"


def errors_of(answer: TestResponse, status: int) -> list[dict[str, Any]]:
    """The errors of a problem answer, after checking that it is one."""
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body = json.loads(answer.data)
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    assert body["errors"]
    assert all(list(error) == ["row", "field", "message", "reason"] for error in body["errors"])
    assert "Traceback" not in answer.text
    errors: list[dict[str, Any]] = body["errors"]
    return errors


def post(client: FlaskClient, body: bytes | str, content_type: str = "application/json") -> TestResponse:
    return client.post("/predict", data=body, content_type=content_type)


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        ("null", "wrong_type", "must be a number, not null"),
        ("true", "wrong_type", "must be a number, not a boolean"),
        ('"5.1"', "wrong_type", "must be a number, not the text '5.1'"),
        ("[5.1]", "wrong_type", "must be a number, not a list"),
        ("{}", "wrong_type", "must be a number, not an object"),
        ("NaN", "not_finite", "must be a finite number, not NaN or infinite"),
        ("Infinity", "not_finite", "must be a finite number, not NaN or infinite"),
        ("-Infinity", "not_finite", "must be a finite number, not NaN or infinite"),
        ("1e999", "not_finite", "must be a finite number, not NaN or infinite"),
        ("1" + "0" * 400, "not_finite", "is a whole number too large for a float"),
        ("-0.1", "out_of_range", "must be at least 0 cm, not -0.1"),
    ],
)
def test_a_value_that_is_no_finite_number_is_named(
    client: FlaskClient, flower: dict[str, Any], value: str, reason: str, message: str
) -> None:
    body = json.dumps(flower).replace("3.5", value)
    assert errors_of(post(client, body), 400) == [
        {"row": 0, "field": "sepal_width", "message": message, "reason": reason}
    ]


def test_a_missing_and_an_unknown_feature_are_named(client: FlaskClient, flower: dict[str, Any]) -> None:
    del flower["petal_width"]
    errors = errors_of(client.post("/predict", json=[flower | {"petal_width": 1}, flower | {"colour": "blue"}]), 400)
    assert errors == [
        {"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"},
        {"row": 1, "field": "colour", "message": f"is not a feature; {FEATURES}", "reason": "unknown_feature"},
    ]


def test_a_row_that_is_no_object_is_named(client: FlaskClient, flower: dict[str, Any]) -> None:
    (error,) = errors_of(client.post("/predict", json=[flower, [5.1, 3.5, 1.4, 0.2]]), 400)
    assert (error["row"], error["field"], error["reason"]) == (1, None, "not_an_object")
    assert error["message"] == "must be an object of named features, not a list"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON: "),
        (b'{"sepal_length": 5.1', "the body is not JSON: "),
        (b"\xff\xfe", "the body is not UTF-8: byte 0 cannot be decoded"),
        ('{"sepal_length": "é"}'.encode("latin-1"), "the body is not UTF-8: byte 18 cannot be decoded"),
        (b"[]", "the list is empty; at least one row is needed"),
        (b"null", "the body must be an object of named features or a list of such objects"),
        (b"5.1", "the body must be an object of named features or a list of such objects"),
        (b"[" * 100_000 + b"]" * 100_000, "the JSON is nested too deeply; a row is one flat object"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "the JSON is nested too deeply; a row is one flat object"),
        (b"[" + b"1" * 9_000 + b"]", "the body holds a whole number of more digits than any float has"),
    ],
)
def test_a_body_that_is_not_rows_is_told_what_was_expected(client: FlaskClient, body: bytes, message: str) -> None:
    (error,) = errors_of(post(client, body), 400)
    assert (error["row"], error["field"], error["reason"]) == (None, None, None)
    assert error["message"].startswith(message)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_415_and_told_which_are_taken(client: FlaskClient, content_type: str) -> None:
    (error,) = errors_of(post(client, b"{}", content_type), 415)
    events = "application/cloudevents+json or application/cloudevents-batch+json"
    accepted = f"application/json, text/csv, application/x-ndjson, {events}"
    assert error["message"] == f"the content type must be {accepted}, not {content_type or 'none'}"


def test_a_body_over_the_limit_is_413(client: FlaskClient) -> None:
    errors_of(post(client, b" " * 1_000_001), 413)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_than_post_is_405_and_told_which_is_allowed(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/predict")
    errors_of(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_an_unknown_model_is_404_with_that_reason_and_an_unknown_page_is_404_without(
    client: FlaskClient, flower: dict[str, Any]
) -> None:
    (error,) = errors_of(client.post("/models/rose/predict", json=flower), 404)
    assert (error["message"], error["reason"]) == ("there is no model 'rose'; served are iris", "unknown_model")
    (error,) = errors_of(client.get("/nowhere"), 404)
    assert error["reason"] is None


def test_a_subclass_of_an_error_has_its_status_and_reason() -> None:
    class UnknownVersion(UnknownModel):
        pass

    app = Flask(__name__)
    problems.register(app)

    @app.get("/")
    def fail() -> str:
        raise UnknownVersion("there is no version 7")

    (error,) = errors_of(app.test_client().get("/"), 404)
    assert (error["message"], error["reason"]) == ("there is no version 7", "unknown_model")


def test_very_many_faults_are_cut_short(client: FlaskClient) -> None:
    answer = client.post("/predict", json=[{}] * 2_000)
    assert len(errors_of(answer, 400)) == 100
    assert "the first 100 faults, in 25 rows, are listed" in answer.text


def test_a_single_fault_is_told_in_the_singular(client: FlaskClient, flower: dict[str, Any]) -> None:
    answer = client.post("/predict", json=flower | {"sepal_width": "wide"})
    assert answer.get_json()["detail"] == "the rows do not fit the model: 1 fault, in 1 row, is listed"
    answer = client.post("/predict", json=flower | {"sepal_width": "wide", "petal_width": None})
    assert answer.get_json()["detail"].endswith("2 faults, in 1 row, are listed")


@pytest.mark.parametrize("host", ["a" * 64, f"{'a' * 64}:5000", "x y", "a'b", "a@b", "<script>", ""])
def test_no_page_is_made_for_a_host_that_no_link_could_lead_to(
    client: FlaskClient, flower: dict[str, Any], host: str
) -> None:
    headers = {"Host": host, "Accept": "text/html"}
    for answer in (
        client.get("/", headers=headers),
        client.get("/nowhere", headers=headers),
        client.post("/models/iris/predict", data=flower, headers=headers),
    ):
        assert answer.status_code == 400
        assert "he Host header must be the address of this server" in answer.text


@pytest.mark.parametrize("host", ["my_api:5000", "x y", ""])
def test_a_program_is_answered_whatever_it_calls_the_host(
    client: FlaskClient, flower: dict[str, Any], host: str
) -> None:
    assert client.post("/models/iris/predict", json=flower, headers={"Host": host}).status_code == 200
    assert client.get("/ready", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "api:5000", "my-api.example", "127.0.0.1:5000", "[::1]:5000"])
def test_a_host_of_any_usual_form_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host, "Accept": "text/html"}).status_code == 200


def test_a_name_that_cannot_be_encoded_is_answered_all_the_same(client: FlaskClient) -> None:
    errors = errors_of(post(client, rb'{"\ud800": 1}'), 400)
    assert errors[-1]["field"] == "\ud800"


def test_the_address_of_an_answer_leads_a_person_back_to_the_form_and_tells_a_program_to_post(
    client: FlaskClient,
) -> None:
    opened = client.get("/models/iris/predict", headers={"Accept": "text/html"})
    assert (opened.status_code, opened.headers["Location"]) == (303, "/models/iris")
    refused = client.get("/models/iris/predict")
    errors_of(refused, 405)
    assert set(refused.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
