"""Hostile files leave nothing behind: no file in the project or beside it, exit code 1, one clear line."""

import os
from pathlib import Path

import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from petalstream.settings import Settings
from services.trainer import models
from services.trainer.importing.__main__ import run
from services.trainer.importing.request import Request
from tests.length import long_except
from tests.unit.trainer.importing.command import MODEL, Checkout, files_below
from tests.unit.trainer.importing.conftest import write_csvs
from tests.unit.trainer.importing.hostile_archives import ARCHIVES
from tests.unit.trainer.importing.hostile_graphs import GRAPHS
from tests.unit.trainer.importing.hostile_pickles import PICKLES
from tests.unit.trainer.importing.models import flowers
from tests.unit.trainer.importing.saving import MARKER

# None of them is opened, whether TRUST=1 is given or not.
OTHERS = {**GRAPHS, **ARCHIVES}
# Code that acts, that hides, that takes memory, that ends the process, that forges what comes back; and no model.
OF_EACH_KIND = {
    "a shell command",
    "code that catches what is raised",
    "joblib, compressed",
    "more memory than there is",
    "code that ends the process",
    "a forged result",
    "no estimator",
    "a class that is not here",
}
pytestmark = pytest.mark.timeout(300)
TARGET = "kind"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def csvs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the CSVs."""
    folder = tmp_path_factory.mktemp("csvs")
    write_csvs(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for the hostile file, beside the data and the bundles of the project."""
    for name in ("brought", "data", "models"):
        (tmp_path / name).mkdir()
    return tmp_path / "brought"


def refused(path: Path, csv: Path, captured: Captured, *types: str, is_trusted: bool = False) -> str:
    """Import a file and return what was printed; see that it was refused in one line, and that no file has changed."""
    top = path.parent.parent if path.parent.name == "brought" else path.parent
    before = files_below(top, Path(models.__path__[0]))
    request = Request(MODEL, path, csv, TARGET, types, is_trusted, (), is_published=True)
    code = run(Settings(models_dir=top / "models", data_dir=top / "data"), request)
    printed = captured.readouterr()
    (line,) = printed.err.strip().splitlines()
    assert code == 1
    assert line.startswith("import: brought: ")
    assert line.isprintable()
    assert files_below(top, Path(models.__path__[0])) == before
    return printed.out + line


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_is_not_opened_unless_it_is_trusted(name: str, folder: Path, csvs: Path, capsys: Captured) -> None:
    make, _ = PICKLES[name]
    said = refused(make(folder), csvs / "flowers.csv", capsys)
    assert "opening this file runs whatever code is in it. If you trust who made it, add TRUST=1" in said
    assert "is opened in" not in said


@pytest.mark.parametrize("name", long_except(OF_EACH_KIND, PICKLES))
def test_a_trusted_pickle_can_do_no_harm_by_the_usual_means(
    name: str, folder: Path, csvs: Path, capsys: Captured
) -> None:
    make, reason = PICKLES[name]
    said = refused(make(folder), csvs / "flowers.csv", capsys, is_trusted=True)
    assert "is opened in a process of its own, which is no wall" in said
    assert reason in said.splitlines()[-1]
    assert not (folder / MARKER).exists()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name == "ONNX without end" else []) for name in OTHERS]
)
def test_what_is_no_pickle_is_refused_even_if_it_is_trusted(
    name: str, folder: Path, csvs: Path, capsys: Captured
) -> None:
    make, reason = OTHERS[name]
    path = make(folder)
    said = refused(path, csvs / ("codes.csv" if name.startswith("ONNX") else "flowers.csv"), capsys, is_trusted=True)
    assert reason in said


@pytest.mark.parametrize("types", [(), ("posix.remove",)])
def test_the_types_of_a_skops_file_are_shown_and_are_to_be_confirmed(
    types: tuple[str, ...], folder: Path, csvs: Path, capsys: Captured
) -> None:
    model = make_pipeline(FunctionTransformer(os.system)).fit(*flowers())
    (folder / "model.skops").write_bytes(skops.io.dumps(model))
    said = refused(folder / "model.skops", csvs / "flowers.csv", capsys, *types)
    assert "has types that skops does not trust: posix.system;" in said
    assert 'add TYPES="posix.system"' in said


def test_the_command_ends_with_1_and_leaves_nothing(copied: Checkout) -> None:
    make, reason = PICKLES["a shell command"]
    path = make(copied.folder)
    before = copied.files()
    for options in ((), ("--trust",)):
        ended = copied.run(path, "flowers.csv", TARGET, *options)
        assert ended.code == 1
        assert len(ended.errors.splitlines()) == 1
        assert copied.files() == before
    assert reason in ended.errors
