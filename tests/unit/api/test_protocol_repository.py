"""The model repository extension: what is on the volume, and what is loaded of it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app

INDEX, LOAD, UNLOAD = "/v2/repository/index", "/v2/repository/models/iris/load", "/v2/repository/models/iris/unload"
READY = {"name": "iris", "version": "1", "state": "READY", "reason": ""}
UNLOADED = {"name": "iris", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"}


@pytest.fixture
def models(iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris that a test may change."""
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    return tmp_path


@pytest.fixture
def own(models: Path) -> FlaskClient:
    """A client of an api of the test's own."""
    return create_app(Settings(models_dir=models)).test_client()


def indexed(client: FlaskClient, **asked: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post(INDEX, json=asked).get_json()
    return found


def test_a_model_is_unloaded_until_it_is_loaded(own: FlaskClient, flower: dict[str, object]) -> None:
    assert indexed(own) == [READY]
    answer = own.post(UNLOAD)
    assert (answer.status_code, answer.get_json()) == (200, {})
    assert indexed(own) == [UNLOADED]
    assert indexed(own, ready=True) == []
    for path in ("/v2/models/iris", "/v2/models/iris/ready", "/v2/models/iris/versions/1"):
        answer = own.get(path)
        assert (answer.status_code, answer.get_json()) == (503, {"error": "iris is not served: it was unloaded"})
        assert answer.headers["Retry-After"] == "1"
    assert own.get("/v2/health/ready").status_code == 503
    assert own.post("/models/iris/predict", json=flower).status_code == 503
    answer = own.post(LOAD)
    assert (answer.status_code, answer.get_json()) == (200, {})
    assert indexed(own, ready=True) == [READY]
    assert own.post("/models/iris/predict", json=flower).status_code == 200


def test_loading_and_unloading_again_is_no_error(own: FlaskClient) -> None:
    for path in (LOAD, LOAD, UNLOAD, UNLOAD, LOAD):
        assert own.post(path).status_code == 200


def test_a_bundle_that_cannot_be_served_is_in_the_index_with_the_reason_and_is_not_loaded(models: Path) -> None:
    (models / "iris" / "1" / "model.joblib").write_bytes(b"altered")
    client = create_app(Settings(models_dir=models)).test_client()
    (state,) = indexed(client)
    assert state["state"] == "UNAVAILABLE"
    assert "model.joblib was altered" in state["reason"]
    answer = client.post(LOAD)
    assert answer.status_code == 503
    assert "model.joblib was altered" in answer.get_json()["error"]


@pytest.mark.parametrize("action", ["load", "unload"])
def test_an_unknown_model_is_404(client: FlaskClient, action: str) -> None:
    for name in ("rose", "..", "current"):
        answer = client.post(f"/v2/repository/models/{name}/{action}")
        assert answer.status_code == 404
        assert answer.get_json() == {"error": f"there is no model {name!r}; served are iris"}


@pytest.mark.parametrize(
    "asked",
    [{"data": b""}, {"data": b"{}"}, {"json": {}}, {"json": {"parameters": {"unload_dependents": True}}}],
)
def test_the_body_may_be_empty_or_have_parameters_that_change_nothing(own: FlaskClient, asked: dict[str, Any]) -> None:
    for path in (UNLOAD, LOAD, INDEX):
        assert own.post(path, **asked).status_code == 200


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (INDEX, [], "the body must be empty or an object, not a list"),
        (INDEX, {"ready": "yes"}, "ready must be true or false, not the text 'yes'"),
        (UNLOAD, "all", "the body must be empty or an object, not the text 'all'"),
        (UNLOAD, {"parameters": []}, "parameters must be an object, not a list"),
        (LOAD, {"parameters": None}, "parameters must be an object, not null"),
        (LOAD, {"parameters": {"config": "{}"}}, "a model is loaded as it was published: 'config' is not offered"),
        (
            LOAD,
            {"parameters": {"file:1/model": ""}},
            "a model is loaded as it was published: 'file:1/model' is not off",
        ),
    ],
)
def test_a_wish_that_is_none_is_400_and_changes_nothing(
    own: FlaskClient, path: str, content: object, said: str
) -> None:
    answer = own.post(path, json=content)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(said)
    assert indexed(own) == [READY]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost:5000", "Host": "localhost:5000"}, 200),
        ({"Origin": "https://api.example", "Host": "api.example"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:8080", "Host": "localhost:5000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://", "Host": "not a name"}, 403),
    ],
)
def test_a_page_of_another_site_can_unload_nothing(own: FlaskClient, headers: Mapping[str, str], status: int) -> None:
    assert own.post(UNLOAD, headers=headers).status_code == status
    assert indexed(own) == [UNLOADED if status == 200 else READY]
