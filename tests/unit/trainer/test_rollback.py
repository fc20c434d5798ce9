"""Rolling back: which version is served then, and what is told where there is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from petalstream import settings
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from tests.publications import names, publish_again


@pytest.fixture
def home(iris: Bundle, tmp_path: Path) -> Path:
    """A folder of Iris with versions 1 to 3, of which 3 is served."""
    for _ in range(3):
        published = publish_again(tmp_path, iris)
    return published.path.parent


def rollback(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.trainer.rollback", *arguments]
    environment = settings.inherited(models_dir=home.parent)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def served(home: Path) -> str:
    found = bundle.current(home.parent, home.name)
    found.verify()
    return found.manifest.version


def test_the_version_before_is_served_again_and_all_versions_stay(home: Path) -> None:
    ended = rollback(home, "iris")
    told = (ended.returncode, ended.stdout, ended.stderr)
    assert told == (0, "iris: version 2 is served now, before it was 3\n", "")
    assert served(home) == "2"
    assert rollback(home, "iris").stdout == "iris: version 1 is served now, before it was 2\n"
    assert names(home) == ["1", "2", "3", "current"]


def test_a_named_version_is_served_be_it_older_or_newer(home: Path) -> None:
    assert rollback(home, "iris", "--to", "1").stdout == "iris: version 1 is served now, before it was 3\n"
    assert served(home) == "1"
    assert rollback(home, "iris", "--to", "3").stdout == "iris: version 3 is served now, before it was 1\n"
    assert served(home) == "3"


@pytest.mark.parametrize("file", ["model.joblib", "test.csv", "manifest.json"])
def test_a_version_that_is_not_intact_is_passed_over_and_named(home: Path, file: str) -> None:
    (home / "2" / file).write_text("altered")
    ended = rollback(home, "iris")
    assert ended.stdout == "iris: version 1 is served now, before it was 3\n"
    assert "passed over: " in ended.stderr
    assert served(home) == "1"


def test_a_version_made_with_other_libraries_is_passed_over(home: Path, iris: Bundle) -> None:
    publish_again(home.parent, iris, libraries={**iris.manifest.libraries, "scikit-learn": "0.1"})
    publish_again(home.parent, iris)
    ended = rollback(home, "iris")
    assert ended.stdout == "iris: version 3 is served now, before it was 5\n"
    assert "was made with scikit-learn 0.1" in ended.stderr


def test_a_served_version_that_is_broken_is_rolled_back_from(home: Path) -> None:
    (home / "3" / "manifest.json").unlink()
    assert rollback(home, "iris").stdout == "iris: version 2 is served now, before it was 3\n"


@pytest.mark.parametrize(("arguments", "now"), [([], "3"), (["--to", "1"], "1")])
def test_a_pointer_that_names_no_version_is_mended(home: Path, arguments: list[str], now: str) -> None:
    (home / "current").write_text("two")
    ended = rollback(home, "iris", *arguments)
    assert ended.stdout == f"iris: version {now} is served now, before it was none\n"
    assert "current must hold a version number, not 'two'" in ended.stderr
    assert served(home) == now


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rose"], "trainer: rose: no version of such a model is in {}; the models there: iris"),
        (["../{}/iris"], "no version of such a model is in {}; the models there: iris"),
        (["iris", "--to", "7"], "trainer: iris: there is no version '7'; the versions there: 1, 2, 3"),
        (["iris", "--to", "../1"], "trainer: iris: there is no version '../1'; the versions there: 1, 2, 3"),
        (["iris", "--to", "01"], "trainer: iris: there is no version '01'; the versions there: 1, 2, 3"),
    ],
)
def test_a_model_or_version_that_is_not_there_is_told_in_one_line(home: Path, arguments: list[str], told: str) -> None:
    ended = rollback(home, *(argument.format(home.parent.name) for argument in arguments))
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert told.format(home.parent) in line
    assert served(home) == "3"
    assert names(home) == ["1", "2", "3", "current"]


def test_the_oldest_version_cannot_be_rolled_back_from(home: Path) -> None:
    rollback(home, "iris", "--to", "1")
    ended = rollback(home, "iris")
    told = "trainer: iris: there is no version older than 1; the versions there: 1, 2, 3\n"
    assert (ended.returncode, ended.stderr) == (1, told)
    assert served(home) == "1"


@pytest.mark.parametrize("arguments", [[], ["--to", "1"]])
def test_where_no_version_is_intact_the_fault_is_told_and_nothing_changes(home: Path, arguments: list[str]) -> None:
    for version in ("1", "2"):
        (home / version / "test.csv").write_text("altered")
    ended = rollback(home, "iris", *arguments)
    assert ended.returncode == 1
    assert f"{home / '1' / 'test.csv'} was altered" in ended.stderr.splitlines()[-1]
    assert served(home) == "3"
    assert names(home) == ["1", "2", "3", "current"]
