"""A model that the api knows and cannot serve now is 503 with a reason; only an unknown name is 404."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from tests.unit.api.asked import inputs

PREDICT, INFER, CSV = "/models/rose/predict", "/v2/models/rose/infer", "sepal_length,petal_width\n1,2\n"


@pytest.fixture
def models(iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris, and with the same model as `rose`, which a test may spoil."""
    folder = tmp_path / "models"
    for name in ("iris", "rose"):
        shutil.copytree(iris.path.parent, folder / name)
    manifest = folder / "rose" / "1" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"model": "rose"}))
    return folder


def alter(rose: Path) -> None:
    (rose / "1" / "model.joblib").write_bytes(b"altered")


def point_nowhere(rose: Path) -> None:
    (rose / "current").write_text("7\n")


def point_at_no_version(rose: Path) -> None:
    (rose / "current").write_text("latest\n")


def remove_pointer(rose: Path) -> None:
    (rose / "current").unlink()


# How the model is spoilt before the api starts, and what the api then says of it.
SPOILT: dict[Callable[[Path], None], str] = {
    alter: "model.joblib was altered",
    point_nowhere: "rose/7/manifest.json cannot be read",
    point_at_no_version: "must hold a version number, not 'latest'",
    remove_pointer: "rose is not served: no version of it has been taken in yet",
}


def started(models: Path) -> FlaskClient:
    """A client of an api that has `rose` as its default model."""
    return create_app(Settings(models_dir=models, default_model="rose")).test_client()


def asked(client: FlaskClient, flower: dict[str, object], accept: str = "*/*") -> dict[str, TestResponse]:
    """The responses to every request for a prediction of `rose`."""
    headers = {"Accept": accept}
    return {
        "row": client.post(PREDICT, json=flower, headers=headers),
        "rows": client.post(f"{PREDICT}?on_error=report&format=columns", json=[flower] * 3, headers=headers),
        "csv": client.post(PREDICT, data=CSV, content_type="text/csv", headers=headers),
        "form": client.post(PREDICT, data=flower, headers=headers),
        "default": client.post("/predict", json=flower, headers=headers),
        "tensors": client.post(INFER, json=inputs(), headers=headers),
        "version": client.post("/v2/models/rose/versions/1/infer", json=inputs(), headers=headers),
    }


def assert_unavailable(responses: dict[str, TestResponse], reason: str) -> None:
    for form, response in responses.items():
        assert response.status_code == 503, form
        assert response.headers["Retry-After"] == "1"
        content = response.get_json()
        if form in ("tensors", "version"):
            assert list(content) == ["error"]
            assert reason in content["error"]
        else:
            (error,) = content["errors"]
            assert error["reason"] == "unavailable"
            assert reason in error["message"]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_known_model_that_cannot_be_served_is_503_with_the_reason(
    models: Path, flower: dict[str, object], spoil: Callable[[Path], None]
) -> None:
    spoil(models / "rose")
    client = started(models)
    responses = asked(client, flower)
    if spoil in (point_nowhere, point_at_no_version):  # version 1 itself is intact
        assert responses.pop("version").status_code == 200
    assert_unavailable(responses, SPOILT[spoil])
    assert client.post("/models/iris/predict", json=flower).status_code == 200


def test_an_unloaded_model_is_503_until_it_is_loaded(models: Path, flower: dict[str, object]) -> None:
    client = started(models)
    client.post("/v2/repository/models/rose/unload")
    assert_unavailable(asked(client, flower), "rose is not served: it was unloaded")
    client.post("/v2/repository/models/rose/load")
    assert client.post(PREDICT, json=flower).status_code == 200


def test_a_page_of_such_a_model_is_503_with_the_reason(models: Path, flower: dict[str, object]) -> None:
    alter(models / "rose")
    client, headers = started(models), {"Accept": "text/html"}
    paths = ("/models/rose", "/models/rose/report")
    for response in (
        *(client.get(path, headers=headers) for path in paths),
        asked(client, flower, "text/html")["form"],
    ):
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "1"
        assert response.mimetype == "text/html"
        assert "model.joblib was altered" in response.text


@pytest.mark.parametrize("name", ["lily", "ROSE", "..", "i" * 300])
def test_an_unknown_name_is_404(models: Path, flower: dict[str, object], name: str) -> None:
    client = started(models)
    response = client.post(f"/models/{name}/predict", json=flower)
    assert response.status_code == 404
    assert [error["reason"] for error in response.get_json()["errors"]] == ["unknown_model"]
    assert client.post(f"/v2/models/{name}/infer", json=inputs()).status_code == 404


def test_a_model_that_is_published_later_is_503_until_it_is_taken_in(models: Path, flower: dict[str, object]) -> None:
    (models / "rose").rename(models.with_name("rose"))
    app = create_app(Settings(models_dir=models))
    client = app.test_client()
    assert client.post(PREDICT, json=flower).status_code == 404
    (models.with_name("rose")).rename(models / "rose")
    assert client.post(PREDICT, json=flower).status_code == 503
    app.extensions["registry"].refresh()
    assert client.post(PREDICT, json=flower).status_code == 200


def test_without_any_model_a_prediction_is_503(tmp_path: Path, flower: dict[str, object]) -> None:
    response = create_app(Settings(models_dir=tmp_path)).test_client().post("/predict", json=flower)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert [error["reason"] for error in response.get_json()["errors"]] == ["unavailable"]


@pytest.mark.parametrize("kind", ["does not exist", "is not a folder"])
@pytest.mark.parametrize("path", ["/ready", "/v2/health/ready", "/models/iris"])
def test_a_models_folder_that_cannot_be_read_leaves_the_api_alive_and_says_why(
    tmp_path: Path, kind: str, path: str
) -> None:
    models = tmp_path / "models"
    if kind == "is not a folder":
        models.write_text("")
    client = create_app(Settings(models_dir=models)).test_client()
    assert client.get("/health").status_code == 200
    response = client.get(path)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert f"MODELS_DIR, {models}, {kind}" in response.text


@pytest.mark.parametrize("path", ["/ready", "/models/iris", "/v2/models/iris"])
def test_a_models_folder_without_permission_is_503_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    client = create_app(Settings(models_dir=tmp_path / "models")).test_client()

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    # Tests may run as root, who can read every folder.
    monkeypatch.setattr(Path, "is_dir", refuse)
    response = client.get(path)
    assert response.status_code == 503
    assert "MODELS_DIR cannot be read: [Errno 13] Permission denied" in response.text
