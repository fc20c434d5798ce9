"""Bundles that somebody else may have had a hand in: refused with the reason before anything of them is unpickled."""

import json
import logging
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from petalstream.model.bundle import Bundle, sha256
from petalstream.settings import Settings
from services.api.models.registry import Registry


class Unpickled(BaseException):
    """Raised by a model file that should never have been opened."""


def explode() -> None:
    """What an unpickled Bomb does."""
    raise Unpickled


class Bomb:
    """An object whose unpickling calls explode()."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return explode, ()


BOMB = pickle.dumps(Bomb())


@pytest.fixture
def models(settings: Settings, iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris as a pickle alone, which would explode if it were opened, with the digest of that."""
    models = Path(shutil.copytree(settings.models_dir, tmp_path / "models"))
    (models / "iris" / "1" / "model.joblib").write_bytes(BOMB)
    edit(models, lambda manifest: manifest["files"].update({"model.joblib": sha256(BOMB)}))
    edit(models, lambda manifest: manifest.update(onnx=None))
    return models


def edit(models: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = models / "iris" / "1" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def list_file(models: Path, name: str) -> None:
    """Have the manifest list a file of that name, with the digest of the system's host name file."""
    digest = sha256(Path("/etc/hostname").read_bytes())
    edit(models, lambda manifest: manifest["files"].update({name: digest}))


def refused(models: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Look at the folder, see that nothing is served and nothing exploded, and give the reason from the log."""
    registry = Registry(models, set())
    with caplog.at_level(logging.ERROR):
        registry.refresh()
    assert registry.served == {}
    return next(message for message in caplog.messages if message.startswith("iris is not served: "))


def test_the_bomb_would_explode(models: Path) -> None:
    with pytest.raises(Unpickled):
        Registry(models, set()).refresh()


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "../../../../../../../../../../etc/hostname",
        "report/../../../../../../../../../../../etc/hostname",
        "..",
        ".",
        "",
        "./test.csv",
        "report//figure.svg",
        "report/",
        "report\\..\\x",
        "nul\0byte",
        "x" * 5_000,
    ],
)
def test_a_manifest_with_a_path_that_leads_elsewhere_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    list_file(models, name)
    assert "cannot be read" in refused(models, caplog)


@pytest.mark.parametrize("name", ["test.csv", "model.joblib", "manifest.json", "report/report.json"])
def test_a_symbolic_link_in_the_place_of_a_file_is_refused_though_its_content_is_right(
    models: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    path = models / "iris" / "1" / name
    path.rename(models.parent / "elsewhere")
    path.symlink_to(models.parent / "elsewhere")
    assert "is a symbolic link" in refused(models, caplog)


@pytest.mark.parametrize("folder", ["iris", "iris/1", "iris/1/report"])
def test_a_symbolic_link_in_the_place_of_a_folder_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture, folder: str
) -> None:
    (models / folder).rename(models.parent / "elsewhere")
    (models / folder).symlink_to(models.parent / "elsewhere")
    assert "is a symbolic link" in refused(models, caplog)


def test_a_symbolic_link_in_the_place_of_the_pointer_is_refused(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    (models / "iris" / "current").unlink()
    (models / "iris" / "current").symlink_to("/etc/hostname")
    assert "is a symbolic link" in refused(models, caplog)


@pytest.mark.parametrize("name", ["test.csv", "manifest.json"])
def test_a_pipe_is_refused_and_not_waited_for(models: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    (models / "iris" / "1" / name).unlink()
    os.mkfifo(models / "iris" / "1" / name)
    assert "is no regular file" in refused(models, caplog)


def test_the_models_folder_itself_may_be_a_link(settings: Settings, iris: Bundle, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(settings.models_dir)
    registry = Registry(tmp_path / "link", set())
    registry.refresh()
    assert list(registry.served) == ["iris"]


@pytest.mark.parametrize("pointer", ["../2", "1/../1", "/tmp", "0", "01", "-1", "1\n2", "¹", "", "1" * 400])  # noqa: S108
def test_a_pointer_to_anything_but_a_version_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture, pointer: str
) -> None:
    (models / "iris" / "current").write_text(pointer)
    assert "must hold a version number" in refused(models, caplog)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"null", b"{}", b"[" * 100_000, b'{"features": 1}', b"9" * 9_000]
)
def test_a_manifest_that_is_none_is_refused(models: Path, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    (models / "iris" / "1" / "manifest.json").write_bytes(content)
    assert "manifest.json" in refused(models, caplog)


def test_a_manifest_of_another_version_is_refused(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    edit(models, lambda manifest: manifest.update(version="2"))
    assert "is of version '2', and not of '1'" in refused(models, caplog)


@pytest.mark.parametrize("cut", [0, 10, len(BOMB) - 1])
def test_a_truncated_model_is_refused(models: Path, caplog: pytest.LogCaptureFixture, cut: int) -> None:
    path = models / "iris" / "1" / "model.joblib"
    path.write_bytes(BOMB[:cut])
    assert "model.joblib was altered" in refused(models, caplog)


def test_a_model_of_another_scikit_learn_is_refused(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    edit(models, lambda manifest: manifest["libraries"].update({"scikit-learn": "1.0"}))
    assert "was made with scikit-learn 1.0" in refused(models, caplog)


def test_another_file_that_was_altered_is_enough(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (models / "iris" / "1" / "test.csv").open("a") as file:
        file.write(" ")
    assert "test.csv was altered" in refused(models, caplog)


def test_a_model_file_that_the_manifest_does_not_list_is_refused(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit(models, lambda manifest: manifest["files"].pop("model.joblib"))
    assert "does not list model.joblib" in refused(models, caplog)


def test_what_is_unpickled_are_the_bytes_that_were_checked(
    settings: Settings, iris: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Path(shutil.copytree(settings.models_dir, tmp_path / "models"))
    edit(models, lambda manifest: manifest.update(onnx=None))
    read = Bundle.read

    def read_and_swap(bundle: Bundle, name: str) -> bytes:
        """Somebody swaps the file between its check and its use."""
        content = read(bundle, name)
        (models / "iris" / "1" / "model.joblib").write_bytes(BOMB)
        return content

    monkeypatch.setattr(Bundle, "read", read_and_swap)
    registry = Registry(models, set())
    registry.refresh()
    assert "model.joblib was altered" in registry.refused["iris"]
