"""Reading bundles: what was published is what is read, and what was altered is refused."""

import shutil
from pathlib import Path

import pytest

from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.model.manifest import BundleError, Manifest
from petalstream.settings import Settings


@pytest.fixture
def copy(iris: Bundle, tmp_path: Path) -> Bundle:
    """A copy of the Iris bundle that a test may spoil."""
    shutil.copytree(iris.path, tmp_path / "copy")
    return Bundle.at(tmp_path / "copy")


def test_the_current_bundle_is_the_published_one(settings: Settings, iris: Bundle) -> None:
    assert bundle.model_names(settings.models_dir) == ["iris"]
    assert bundle.current(settings.models_dir, "iris").manifest == Manifest.from_json(iris.manifest.to_json())


def test_an_untouched_bundle_verifies(copy: Bundle) -> None:
    copy.verify()


@pytest.mark.parametrize("name", ["model.joblib", "test.csv"])
def test_an_altered_file_is_refused_by_name(copy: Bundle, name: str) -> None:
    with (copy.path / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleError, match=f"{name} was altered"):
        copy.verify()


def test_a_missing_file_is_refused_by_name(copy: Bundle) -> None:
    (copy.path / "model.joblib").unlink()
    with pytest.raises(BundleError, match=r"model\.joblib cannot be read"):
        copy.verify()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"features": [{"colour": "red"}]}', "null"])
def test_a_file_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is not a manifest"):
        Manifest.from_json(text)


@pytest.mark.parametrize("version", ["", "../../etc", "1/..", "one"])
def test_a_pointer_that_is_no_version_is_refused(tmp_path: Path, version: str) -> None:
    (tmp_path / "iris").mkdir()
    (tmp_path / "iris" / "current").write_text(version)
    with pytest.raises(BundleError, match="must hold a version number"):
        bundle.current(tmp_path, "iris")


def test_a_model_that_was_never_published_is_not_found(tmp_path: Path) -> None:
    assert bundle.model_names(tmp_path) == []
    with pytest.raises(BundleError, match="current cannot be read"):
        bundle.current(tmp_path, "iris")


def test_the_test_set_names_for_each_sample_its_line_in_the_data(iris: Bundle, root: Path) -> None:
    lines = (root / "data" / "iris.csv").read_text().splitlines()
    samples = list(iris.test_set())
    assert len(samples) == 30
    for line, features, label in samples:
        assert lines[int(line) - 1] == ",".join([*(str(value) for value in features.values()), label])
