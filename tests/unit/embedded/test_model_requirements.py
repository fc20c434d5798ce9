"""The packages that model files name are found without running the files."""

import ast
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from embedded import model_requirements
from embedded.model_requirements import find_requirements

BOOSTED = """
import lightgbm
from services.trainer.definition import Definition

MODEL = Definition("roses.csv", [], None, lightgbm.LGBMClassifier(), requirements=["lightgbm==4.7.0", "a-b==1.0"])
raise SystemExit("it was run")
"""
NESTED = """
def make(name):
    return definition.Definition(name, requirements=("xgboost==3.1.0", "lightgbm==4.7.0"), code=["own.py"])
"""


def write(folder: Path, **files: str | bytes) -> Path:
    """Write Python files with these contents to the folder, and return it."""
    for name, content in files.items():
        (folder / f"{name}.py").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_the_requirements_of_all_files_are_found_once_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text('requirements=["unread==1.0"]')
    write(tmp_path, boosted=BOOSTED, nested=NESTED, plain='MODEL = Definition("roses.csv", requirements=[])')
    assert find_requirements(tmp_path) == ["a-b==1.0", "lightgbm==4.7.0", "xgboost==3.1.0"]


@pytest.mark.parametrize(
    "wrong",
    ["def (:", "print 'Python 2'", "\tMODEL = 1", b"title = '\xff'", "MODEL = 1\0"],
    ids=["syntax", "Python 2", "indentation", "no UTF-8", "NUL"],
)
def test_a_file_that_is_no_python_does_not_hide_the_requirements_of_others(tmp_path: Path, wrong: str | bytes) -> None:
    write(tmp_path, a_wrong=wrong, boosted=BOOSTED)
    assert find_requirements(tmp_path) == ["a-b==1.0", "lightgbm==4.7.0"]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf" + BOOSTED.encode(), b"# coding: latin-1\n# \xe4" + BOOSTED.encode()]
)
def test_a_file_in_any_encoding_that_python_reads_is_read(tmp_path: Path, content: bytes) -> None:
    assert find_requirements(write(tmp_path, boosted=content)) == ["a-b==1.0", "lightgbm==4.7.0"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, which pip takes for all that there are."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, version in (("petal", "1.0"), ("petal", "2.0"), ("leaf", "1.0"), ("leaf", "2.0")):
        told = f"{name}-{version}.dist-info"
        with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{told}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{told}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{told}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_what_can_be_installed_is_installed_and_the_rest_is_named(
    tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    models, constraints, requirements = tmp_path / "models", tmp_path / "constraints.txt", tmp_path / "requirements.txt"
    models.mkdir()
    write(models, rose='MODEL = Definition(requirements=["petal==2.0", "leaf==2.0", "gone==1.0"])')
    constraints.write_text("# pinned\npetal==1.0\nleaf==1.0\n")
    requirements.write_text("leaf\n")
    python = tmp_path / "venv" / "bin" / "python"
    model_requirements.main(models, constraints, requirements, str(python))
    printed = capsys.readouterr()
    assert printed.out == "gone==1.0 leaf==2.0 petal==2.0\n"
    gone, leaf = printed.err.splitlines()
    assert gone.startswith("gone==1.0 could not be installed: ERROR: Could not find a version")
    assert leaf.startswith("leaf==2.0 could not be installed: ERROR: Cannot install leaf==2.0")
    (packages,) = (tmp_path / "venv" / "lib").glob("*/site-packages")
    assert [path.name for path in packages.glob("*.dist-info")] == ["petal-2.0.dist-info"]


@pytest.mark.parametrize("name", ["bootstrap", "model_requirements"])
def test_what_runs_before_anything_is_installed_can_be_read_by_python_3_6(root: Path, name: str) -> None:
    tree = ast.parse((root / "embedded" / f"{name}.py").read_text(), feature_version=(3, 6))
    annotations = [
        each
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for each in (node.returns, *(argument.annotation for argument in node.args.args))
        if each is not None
    ]
    # They are evaluated as the function is defined, and list[str] or int | None is an error before Python 3.9.
    assert annotations
    assert not any(isinstance(part, ast.Subscript | ast.BinOp) for each in annotations for part in ast.walk(each))
