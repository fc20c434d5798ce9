"""What a process that opens a bundle may import."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import model_code
from petalstream.model.opening import OnlyOf


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have two files in model_code, of which one is in the manifest."""
    for name in ("clipping.py", "spare.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(model_code, "__path__", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [OnlyOf(["numpy"], ["clipping.py"]), *sys.meta_path])


@pytest.mark.usefixtures("code")
def test_of_the_model_code_the_files_that_the_manifest_names_can_be_imported() -> None:
    assert find_spec("model_code.clipping")
    with pytest.raises(ModuleNotFoundError, match=r"the api has no module model_code\.spare; .* in code="):
        find_spec("model_code.spare")


@pytest.mark.parametrize("name", ["model_code", "model_code.clipping", "petalstream.keys", "numpy.linalg", "json"])
def test_modules_that_the_api_has_can_be_imported(name: str) -> None:
    OnlyOf(["numpy"], ["clipping.py"]).find_spec(name, None)


@pytest.mark.parametrize(
    "name", ["model_code.clip", "model_code.clipping.more", "tests", "services.api", "sklearn.tree"]
)
def test_modules_of_other_packages_and_of_the_rest_of_the_project_cannot(name: str) -> None:
    with pytest.raises(ModuleNotFoundError) as refused:
        OnlyOf(["numpy"], ["clipping.py"]).find_spec(name, None)
    assert refused.value.name == name
