"""A report.json that is not what the trainer writes: it is left out, and the model serves on."""

import json
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle, sha256
from petalstream.settings import Settings
from services.api.app import create_app

PAGE = {"Accept": "text/html"}
REPORT = "/models/iris/report"
FIGURE = {"title": "", "caption": "", "alt": "", "light": "a.svg", "dark": "b.svg", "width": 640, "height": 480}
SEARCH = {"searched": "", "candidates": 1, "scoring": "accuracy", "folds": 5, "parameters": ["C"]}
ROW = {"values": ["1"], "mean": 0.5, "spread": 0.1}
MISSHAPEN = [
    {"figures": None},
    {"figures": "abc"},
    {"figures": [1]},
    *({"figures": [{key: value for key, value in FIGURE.items() if key != name}]} for name in ("light", "width")),
    {"figures": [FIGURE | {"width": "640"}]},
    {"figures": [FIGURE | {"width": True}]},
    {"figures": [FIGURE | {"light": ["a.svg"]}]},
    {"figures": [FIGURE | {"title": "\ud800"}]},
    {"searches": None},
    {"searches": [SEARCH]},
    {"searches": [SEARCH | {"rows": [{"mean": 0.5, "spread": 0.1}]}]},
    {"searches": [SEARCH | {"rows": [ROW | {"mean": None}]}]},
    {"searches": [SEARCH | {"rows": [ROW | {"mean": float("nan")}]}]},
    {"class_balance": [1]},
    {"class_balance": {"test": 1}},
    {"more": float("inf")},
]


@pytest.fixture
def models(settings: Settings, iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris whose report a test may change."""
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    return tmp_path


def changed(models: Path, index: str) -> FlaskClient:
    """A client of an api whose Iris bundle was published with this report.json."""
    folder = models / "iris" / "1"
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "report" / "report.json").write_text(index)
    manifest["files"]["report/report.json"] = sha256(index.encode())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return create_app(Settings(models_dir=models)).test_client()


@pytest.mark.parametrize("index", ["{", "[]", "null", "\ufeff{}", "[" * 100_000, *map(json.dumps, MISSHAPEN)])
def test_a_report_that_cannot_be_read_harms_no_prediction(
    models: Path, index: str, flower: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    client = changed(models, index)
    assert "ERROR services.api.models.reports: the report of " in capsys.readouterr().err
    assert client.get(REPORT, headers=PAGE).status_code == 200
    assert client.get(REPORT).status_code == 404
    assert client.post("/predict", json=flower).status_code == 200


def test_a_report_of_the_right_shape_is_kept(models: Path) -> None:
    index = {"figures": [FIGURE], "searches": [SEARCH | {"rows": [ROW]}], "class_balance": {"test": {"setosa": 1}}}
    assert changed(models, json.dumps(index)).get(REPORT).get_json() == index
