"""The versions of a model on the volume: one change at a time, nothing half made, and only so many kept."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from services.trainer.publishing.versions import locked
from tests.publications import names, publish_again


@pytest.fixture
def home(iris: Bundle, tmp_path: Path) -> Path:
    """A folder of Iris with version 1, which is served."""
    return publish_again(tmp_path, iris).path.parent


@pytest.mark.parametrize(("keep", "kept"), [(1, ["5"]), (3, ["3", "4", "5"]), (9, ["1", "2", "3", "4", "5"])])
def test_the_last_versions_are_kept(home: Path, iris: Bundle, keep: int, kept: list[str]) -> None:
    for _ in range(4):
        publish_again(home.parent, iris, keep)
    assert names(home) == [*kept, "current"]
    for version in kept:
        Bundle.at(home / version).verify()
    assert bundle.current(home.parent, "iris").manifest.version == "5"


def test_versions_are_old_by_their_number_and_not_by_their_name(home: Path, iris: Bundle) -> None:
    (home / "1").rename(home / "9")
    publish_again(home.parent, iris)
    publish_again(home.parent, iris, 2)
    assert names(home) == ["10", "11", "current"]


def test_nothing_but_folders_of_versions_is_pruned(home: Path, iris: Bundle, tmp_path: Path) -> None:
    elsewhere = Path(shutil.copytree(home / "1", tmp_path / "elsewhere"))
    shutil.rmtree(home / "1")
    (home / "1").symlink_to(elsewhere)
    (home / "2").write_text("a file")
    for name in ("01", "notes", "3.bak", "-3"):
        (home / name).mkdir()
    before = names(home)
    publish_again(home.parent, iris, 1)
    assert names(home) == sorted([*before, "3"])
    Bundle.at(elsewhere).verify()


def test_who_reads_a_version_that_is_pruned_reads_it_to_its_end(home: Path, iris: Bundle) -> None:
    samples = Bundle.at(home / "1").test_set()
    first = next(samples)
    publish_again(home.parent, iris, 1)
    assert names(home) == ["2", "current"]
    assert [first, *samples] == list(iris.test_set())


def half_written(home: Path) -> None:
    (home / ".staging-bundle" / "report").mkdir(parents=True)
    (home / ".staging-bundle" / "model.joblib").write_bytes(b"half")


def not_yet_served(home: Path) -> None:
    shutil.copytree(home / "1", home / "2")
    (home / "2" / "current").write_text("2\n")


def half_deleted(home: Path) -> None:
    (home / ".staging-1").mkdir()


def half_rolled_back(home: Path) -> None:
    (home / ".staging-current").write_text("")


@pytest.mark.parametrize("cut_short", [half_written, not_yet_served, half_deleted, half_rolled_back])
def test_what_was_cut_short_harms_nothing_and_is_gone_with_the_next_publication(
    home: Path, iris: Bundle, cut_short: Callable[[Path], None]
) -> None:
    cut_short(home)
    bundle.current(home.parent, "iris").verify()
    assert publish_again(home.parent, iris).manifest.version == "2"
    assert names(home) == ["1", "2", "current"]
    assert bundle.current(home.parent, "iris").manifest.version == "2"


def test_the_served_version_is_never_taken_for_one_that_was_cut_short(home: Path) -> None:
    (home / "1" / "current").write_text("1\n")
    with locked(home):
        pass
    assert names(home) == ["1", "current"]


def test_a_version_that_cannot_be_made_the_served_one_does_not_stay(home: Path, iris: Bundle) -> None:
    (home / "current").unlink()
    (home / "current" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match="current"):
        publish_again(home.parent, iris)
    assert names(home) == ["1", "current"]


def test_a_lock_that_another_one_holds_is_waited_for_only_so_long_and_named(home: Path) -> None:
    with (
        FileLock(home / ".lock"),
        pytest.raises(TimeoutError, match=r"/iris/\.lock was held by another training or rollback for 0\.1 s"),
        locked(home, 0.1),
    ):
        pass
    with locked(home, 0.1):
        assert names(home) == ["1", "current"]
