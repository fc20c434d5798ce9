"""Structured CloudEvents over HTTP are answered as the rows that they carry."""

import base64
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petalstream.cloudevents import BATCH, EVENT
from tests.records import FLOWER

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"
PATHS = ("/predict", "/models/iris/predict")


def event(**changes: object) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "1", "source": "/laboratory", "type": "sample", "data": FLOWER, **changes}


def post(client: FlaskClient, content: object, content_type: str = EVENT, path: str = "/predict") -> TestResponse:
    return client.post(path, data=json.dumps(content), content_type=content_type)


def refusal(answer: TestResponse, status: int = 400) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    (error,) = answer.get_json()["errors"]
    found: dict[str, Any] = error
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", [EVENT, "Application/CloudEvents+JSON; charset=UTF-8"])
def test_an_event_is_answered_as_its_data(client: FlaskClient, path: str, content_type: str) -> None:
    expected = client.post(path, json=FLOWER).get_json()
    encoded = event(data_base64=base64.b64encode(json.dumps(FLOWER).encode()).decode())
    del encoded["data"]
    for content in (event(), encoded):
        answer = post(client, content, content_type, path)
        assert (answer.status_code, answer.get_json()) == (200, expected)


@pytest.mark.parametrize("path", PATHS)
def test_a_batch_is_answered_as_a_list_in_any_format(client: FlaskClient, path: str) -> None:
    rows = [FLOWER, FLOWER | {"petal_length": 6.0}]
    for query in ("", "?format=columns", "?format=csv", "?on_error=report"):
        answer = post(client, [event(data=row) for row in rows], BATCH, path + query)
        assert (answer.status_code, answer.data) == (200, client.post(path + query, json=rows).data)


def test_the_example_of_the_documentation_is_answered(client: FlaskClient) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (command,) = (block for block in blocks if EVENT in block)
    _, url, _, header, _, body = shlex.split(command)
    path, content_type = url.partition(":5000")[2], header.partition(": ")[2]
    answer = client.post(path, data=body, content_type=content_type)
    assert (answer.status_code, answer.get_json()["label"]) == (200, "setosa")


def test_data_is_one_row_and_its_faults_are_told_as_those_of_a_row(client: FlaskClient) -> None:
    columns = {name: [value] for name, value in FLOWER.items()}
    errors = post(client, event(data=columns)).get_json()["errors"]
    assert {(error["row"], error["reason"]) for error in errors} == {(0, "wrong_type")}
    answers = post(client, [event(), event(data={})], BATCH, "/predict?on_error=report").get_json()
    assert ["errors" in answer for answer in answers] == [False, True]


@pytest.mark.parametrize("query", ["", "?on_error=report"])
def test_an_invalid_event_is_named_by_its_attribute_and_its_number(client: FlaskClient, query: str) -> None:
    message = "specversion must be '1.0', not the text '0.3'"
    for content, content_type, said in (
        (event(specversion="0.3"), EVENT, message),
        ([event(), event(specversion="0.3")], BATCH, f"event 1 of the batch: {message}"),
    ):
        error = refusal(post(client, content, content_type, f"/predict{query}"))
        assert error == {"row": None, "field": None, "message": said, "reason": "invalid_event"}


@pytest.mark.parametrize("content", [[], event(), 5])
def test_a_batch_is_a_list_of_at_least_one_event(client: FlaskClient, content: object) -> None:
    error = refusal(post(client, content, BATCH))
    assert error["message"] == "a batch must be a list of CloudEvents; at least one is needed"


@pytest.mark.parametrize("content_type", ["application/cloudevents+xml", "application/cloudevents+avro+json"])
def test_another_format_is_415_and_told_which_are_taken(client: FlaskClient, content_type: str) -> None:
    error = refusal(post(client, event(), content_type), 415)
    assert error["message"].endswith(f"{EVENT} or {BATCH}, not {content_type}")


def test_the_protocol_takes_no_events_and_says_so(client: FlaskClient) -> None:
    answer = post(client, event(), path="/v2/models/iris/infer")
    assert (answer.status_code, answer.get_json()) == (
        415,
        {"error": f"the content type must be application/json, not {EVENT}"},
    )
