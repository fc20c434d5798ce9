"""Which bundles the api serves, and which it refuses before it unpickles them."""

import dataclasses
import functools
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from petalstream.model.bundle import Bundle, sha256
from petalstream.model.golden import check_golden_rows
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.models.loading import open_bundle
from services.api.models.registry import Registry
from services.api.models.unloaded_models import UnloadedModels


@pytest.fixture
def models(settings: Settings, iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris that a test may spoil."""
    return Path(shutil.copytree(settings.models_dir, tmp_path / "models"))


def edit_manifest(models: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = models / "iris" / "1" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def loaded(models: Path) -> Registry:
    """What a worker that starts now takes in."""
    registry = Registry(models, UnloadedModels(models.parent / "unloaded"))
    registry.refresh()
    return registry


def refused(models: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Load the folder, see that nothing is served, and give the reason from the log."""
    with caplog.at_level(logging.ERROR):
        assert not loaded(models).served
    return next(message for message in caplog.messages if message.startswith("iris is not served: "))


def test_an_intact_bundle_is_served(models: Path) -> None:
    assert loaded(models).find("iris").manifest.version == "1"


@pytest.mark.parametrize("library", ["scikit-learn", "joblib", "numpy"])
def test_a_pickle_of_another_library_version_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture, library: str
) -> None:
    edit_manifest(models, lambda manifest: manifest.update(onnx=None))
    edit_manifest(models, lambda manifest: manifest["libraries"].update({library: "0.1"}))
    assert f"was made with {library} 0.1" in refused(models, caplog)


def test_a_model_that_no_longer_answers_its_golden_rows_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit_manifest(models, lambda manifest: manifest["golden"][0]["probabilities"].update(setosa=0.5))
    assert "for a golden row" in refused(models, caplog)


def test_a_model_whose_class_is_not_here_is_refused(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = models / "iris" / "1" / "model.joblib"
    model.write_bytes(b"cnowhere.to_be_found\nEstimator\n.")
    edit_manifest(models, lambda manifest: manifest.update(onnx=None))
    edit_manifest(models, lambda manifest: manifest["files"].update({"model.joblib": sha256(model.read_bytes())}))
    assert "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'" in refused(models, caplog)


def test_a_bad_bundle_does_not_harm_its_neighbour(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(models / "iris", models / "rose")
    (models / "rose" / "1" / "manifest.json").write_text("{")
    assert list(loaded(models).served) == ["iris"]


def test_a_bundle_in_the_folder_of_another_model_is_refused(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    edit_manifest(models, lambda manifest: manifest.update(model="rose"))
    assert "is of the model 'rose', and not of 'iris'" in refused(models, caplog)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((f"metrics.{name}", None) for name in ("test_accuracy", "commonest_share")),
        ("metrics.test_accuracy", float("nan")),
        ("metrics.test_accuracy", "high"),
        ("metrics.test_classes", {"setosa": {"precision": 1}}),
        ("metrics.test_classes", []),
        *((f"metrics.{name}", None) for name in ("test", "baseline", "slices")),
        ("metrics.test", {}),
        ("metrics.test", {"accuracy": {"value": 1}}),
        ("metrics.test.luck", {"value": 1, "lower": 0, "upper": 1}),
        ("metrics.baseline", {"accuracy": "low"}),
        ("metrics.slices", [{"feature": "petal_width", "value": "wide", "rows": 3}]),
        ("card", ["for lessons"]),
        ("card", {"owner": 5}),
        ("metrics.cross_validation.without", None),
        ("metrics.cross_validation.without", {"petal_width": {}}),
        ("metrics.cross_validation.accuracy.mean", None),
        ("metrics.cross_validation.folds", "5"),
        *((f"data.{name}", None) for name in ("csv", "rows", "parts", "sha256")),
        ("data.url", None),
        ("trained_at", "yesterday"),
        ("trained_at", 5),
        ("title", None),
        ("sample", "\ud800"),
        ("notes", [1]),
        ("training.petal_width.quantiles", {}),
        ("golden", [{}]),
        ("libraries", []),
        ("files", []),
        ("metrics", []),
    ],
)
def test_a_manifest_that_no_page_can_show_is_refused_and_harms_no_neighbour(
    models: Path, caplog: pytest.LogCaptureFixture, path: str, value: object
) -> None:
    shutil.copytree(models / "iris", models / "rose")
    manifest = json.loads((models / "iris" / "1" / "manifest.json").read_text())
    (models / "rose" / "1" / "manifest.json").write_text(json.dumps(manifest | {"model": "rose"}))
    *way, name = path.split(".")
    # A value of None stands for one that is not there; the manifest itself has no field too few.
    inner = functools.reduce(lambda found, key: found[key], way, manifest)
    if value is None and way:
        del inner[name]
    else:
        inner[name] = value
    (models / "iris" / "1" / "manifest.json").write_text(json.dumps(manifest))
    with caplog.at_level(logging.ERROR):
        client = create_app(Settings(models_dir=models)).test_client()
    listed = client.get("/models").get_json()
    assert [model["model"] for model in listed["models"]] == ["rose"]
    ((refused, reason),) = (each.values() for each in listed["refused"])
    assert refused == "iris"
    assert str(models / "iris") in reason
    for page in ("/", "/models/rose", "/models/rose/report"):
        assert client.get(page, headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize(("default", "warned"), [("rose", True), ("iris", False)])
def test_a_default_model_that_is_not_served_is_told_at_the_start(
    models: Path, capsys: pytest.CaptureFixture[str], default: str, warned: bool
) -> None:
    create_app(Settings(models_dir=models, default_model=default))
    said = capsys.readouterr().err
    assert ("WARNING services.api.app: DEFAULT_MODEL is rose, which is not served; served are iris" in said) is warned
    assert ("DEFAULT_MODEL" in said) is warned


def test_where_nothing_is_served_no_default_model_is_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_app(Settings(models_dir=tmp_path))
    said = capsys.readouterr().err
    assert "no model to serve" in said
    assert "DEFAULT_MODEL" not in said


def test_golden_rows_forgive_rounding(iris: Bundle) -> None:
    scorer = open_bundle(iris).scorer
    golden = [
        {**row, "probabilities": {label: p + 1e-9 for label, p in row["probabilities"].items()}}
        for row in iris.manifest.golden
    ]
    check_golden_rows(dataclasses.replace(iris.manifest, golden=tuple(golden)), scorer.runtime)


def test_a_model_can_be_unloaded_after_the_shared_folder_was_deleted(tmp_path: Path) -> None:
    unloaded = UnloadedModels(tmp_path / "shared" / "unloaded")
    unloaded.add("iris")
    shutil.rmtree(tmp_path / "shared")
    assert "iris" not in unloaded
    unloaded.discard("iris")
    unloaded.add("iris")
    assert "iris" in unloaded
