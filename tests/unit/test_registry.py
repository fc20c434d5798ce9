"""Which bundles the api serves, and which it refuses before it unpickles them."""

import dataclasses
import json
import logging
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from petalstream.bundle import Bundle, sha256
from petalstream.settings import Settings
from services.api.registry import Registry


class Unpickled(BaseException):
    """Raised by a model file that should never have been opened."""


def explode() -> None:
    """What an unpickled Bomb does."""
    raise Unpickled


class Bomb:
    """An object whose unpickling calls explode()."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return explode, ()


@pytest.fixture
def models(settings: Settings, iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris that a test may spoil."""
    return Path(shutil.copytree(settings.models_dir, tmp_path / "models"))


def edit_manifest(models: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = models / "iris" / "1" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def refused(models: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Load the folder, see that nothing is served, and give the reason from the log."""
    with caplog.at_level(logging.ERROR):
        assert not Registry.load(models).scorers
    return next(message for message in caplog.messages if message.startswith("iris is not served: "))


def test_an_intact_bundle_is_served(models: Path) -> None:
    assert Registry.load(models).scorer("iris").manifest.version == "1"


def test_an_altered_model_is_refused_before_it_is_unpickled(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    (models / "iris" / "1" / "model.joblib").write_bytes(pickle.dumps(Bomb()))
    assert "model.joblib was altered" in refused(models, caplog)


@pytest.mark.parametrize("library", ["scikit-learn", "joblib", "numpy"])
def test_a_bundle_of_another_library_version_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture, library: str
) -> None:
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
    edit_manifest(models, lambda manifest: manifest["files"].update({"model.joblib": sha256(model.read_bytes())}))
    assert "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'" in refused(models, caplog)


def test_a_bad_bundle_does_not_harm_its_neighbour(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(models / "iris", models / "rose")
    (models / "rose" / "1" / "manifest.json").write_text("{")
    assert list(Registry.load(models).scorers) == ["iris"]


def test_golden_rows_forgive_rounding(settings: Settings, iris: Bundle) -> None:
    scorer = Registry.load(settings.models_dir).scorer("iris")
    golden = [
        {**row, "probabilities": {label: p + 1e-9 for label, p in row["probabilities"].items()}}
        for row in iris.manifest.golden
    ]
    dataclasses.replace(scorer, manifest=dataclasses.replace(iris.manifest, golden=tuple(golden))).check_golden_rows()
