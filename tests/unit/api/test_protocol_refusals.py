"""What the Open Inference Protocol's routes refuse: always as {"error": text}, and the text says what was expected."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from tests.unit.api.inferences import columns, metadata

IRIS = "/v2/models/iris/infer"


def error_of(answer: TestResponse, status: int) -> str:
    """The text of an error, after checking that it is one of the protocol."""
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    body = json.loads(answer.data)
    assert list(body) == ["error"]
    assert "Traceback" not in body["error"]
    return str(body["error"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputs": None}, "inputs must be a list of one tensor or more, not null"),
        ({"inputs": []}, "inputs must be a list of one tensor or more, not an empty one"),
        ({"inputs": {}}, "inputs must be a list of one tensor or more, not an object"),
        ({"id": 42}, "the id must be a text, not 42"),
        ({"parameters": []}, "the parameters of the request must be an object, not a list"),
        ({"outputs": "predict"}, "outputs must be a list of objects with a name, not the text 'predict'"),
        ({"outputs": ["predict"]}, "each output must be an object with a name, not the text 'predict'"),
        ({"outputs": [{}]}, "each output must be an object with a name, not an object"),
        ({"outputs": [{"name": "label"}]}, "the output 'label' is not there; there are predict, predict_proba"),
        (
            {"outputs": [{"name": "predict"}] * 2},
            "the output 'predict' is asked for twice; there are predict, predict_p",
        ),
        (
            {"outputs": [{"name": "predict", "parameters": 1}]},
            "the parameters of the output 'predict' must be an object, not 1",
        ),
    ],
)
def test_a_request_that_is_none_is_told_what_one_is(
    client: FlaskClient, flower: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    asked = columns(metadata(client, "iris"), [flower]) | changes
    assert error_of(client.post(IRIS, json=asked), 400).startswith(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body has no inputs; expected is an object with a list of one tensor or more as inputs"),
        (b'{"id": "7"}', "the body has no inputs; expected is an object with a list of one tensor or more as inputs"),
        (b"{", "the body is not JSON: "),
        (b"\xff", "the body is not UTF-8: byte 0 cannot be decoded"),
        (b"[]", "the body must be an object with inputs, not a list"),
        (b"null", "the body must be an object with inputs, not null"),
        (b"[" * 100_000, "the JSON is nested too deeply"),
    ],
)
def test_a_body_that_is_no_request_is_told_what_was_expected(client: FlaskClient, body: bytes, said: str) -> None:
    assert error_of(client.post(IRIS, data=body), 400).startswith(said)


def test_what_does_not_fit_the_tensors_names_what_is_expected(client: FlaskClient, flower: dict[str, Any]) -> None:
    asked = columns(metadata(client, "iris"), [flower])
    asked["inputs"][2]["datatype"] = "BYTES"
    assert error_of(client.post(IRIS, json=asked), 400) == (
        "input 'petal_length' is BYTES, which holds texts; element 0 is 1.4"
    )
    del asked["inputs"][2]
    assert error_of(client.post(IRIS, json=asked), 400) == (
        "the input 'petal_length' is missing; expected are sepal_length (FP64), sepal_width (FP64),"
        " petal_length (FP64), petal_width (FP64)"
    )


def test_what_does_not_fit_the_models_schema_names_row_and_feature(
    both: FlaskClient, flower: dict[str, Any], patient: dict[str, Any]
) -> None:
    flowers = columns(metadata(both, "iris"), [flower, flower | {"sepal_width": -1.0}])
    assert error_of(both.post(IRIS, json=flowers), 400) == (
        "the rows do not fit the model: 1 fault, in 1 row, is listed; row 1: sepal_width must be at least 0 cm, not -1"
    )
    patients = columns(metadata(both, "heart_failure"), [patient])
    for tensor in patients["inputs"]:
        if tensor["name"] in ("anaemia", "time"):
            tensor |= {"datatype": "FP64", "data": [0.5]}
    said = error_of(both.post("/v2/models/heart_failure/infer", json=patients), 400)
    assert "row 0: anaemia must be yes or no (in JSON true or false, or 1 or 0), not a number" in said
    assert "row 0: time must be a whole number, not 0.5" in said


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_of_another_type_is_415(client: FlaskClient, content_type: str) -> None:
    said = error_of(client.post(IRIS, data=b"{}", content_type=content_type), 415)
    assert said == f"the content type must be application/json, not {content_type}"


def test_a_body_over_the_limit_is_413(client: FlaskClient) -> None:
    for size in (1_000_001, 3_000_000):
        assert error_of(client.post(IRIS, data=b" " * size), 413) == "the body is larger than 1000000 bytes"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/ready"), ("POST", "/infer")],
)
def test_an_unknown_model_or_version_is_404_and_named(client: FlaskClient, method: str, path: str) -> None:
    for model in ("rose", "..", "Iris"):
        said = error_of(client.open(f"/v2/models/{model}{path}", method=method), 404)
        assert said == f"there is no model {model!r}; served are iris"
    for version in ("2", "01", "current", "1x"):
        said = error_of(client.open(f"/v2/models/iris/versions/{version}{path}", method=method), 404)
        assert said == f"there is no version {version!r} of iris; there are 1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nothing", 404),
        ("GET", "/v2/models", 404),
        ("GET", "/v2/models/iris/infer", 405),
        ("POST", "/v2/models/iris", 405),
        ("POST", "/v2", 405),
        ("GET", "/v2/repository/index", 405),
    ],
)
def test_what_is_no_route_or_method_is_an_error_of_the_protocol_also_for_a_browser(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    assert error_of(client.open(path, method=method, headers={"Accept": "text/html"}), status)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/health/ready"),
        ("GET", "/v2/models/iris"),
        ("GET", "/v2/models/iris/ready"),
        ("POST", "/v2/models/iris/infer"),
    ],
)
def test_where_nothing_is_served_it_is_503(tmp_path: Path, method: str, path: str) -> None:
    answer = create_app(Settings(models_dir=tmp_path)).test_client().open(path, method=method)
    assert error_of(answer, 503).startswith("no model is served yet")
    assert answer.headers["Retry-After"] == "1"


def test_a_version_that_is_there_and_cannot_be_served_is_503_with_the_reason(iris: Bundle, tmp_path: Path) -> None:
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    shutil.copytree(iris.path, tmp_path / "iris" / "2")
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    for path in ("/v2/models/iris/versions/2", "/v2/models/iris/versions/2/ready"):
        said = error_of(client.get(path), 503)
        assert said.startswith("version 2 of iris cannot be served: ")
        assert "is of version '1', and not of '2'" in said
    assert client.get("/v2/models/iris/ready").status_code == 200
