"""What the trainer writes in the history of a model."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from petalstream import settings
from petalstream.history import log, reading
from petalstream.history.events import Event
from petalstream.history.timeline import Timeline
from petalstream.model.bundle import Bundle
from services.trainer.publishing.history import record_refusal
from services.trainer.publishing.versions import locked
from services.trainer.rollback import roll_back
from tests.publications import names, publish_again

# Ends the process as a kill does, after `current` was renamed and before the history is written.
KILLED = """
import os, sys
from pathlib import Path
from services.trainer.publishing import versions
from services.trainer.rollback import roll_back
versions.history.append = lambda home, model, decide: decide([]).kind == "rolled_back" and os._exit(9)
roll_back(Path(sys.argv[1]), "iris", "1")
"""


def history(models_dir: Path, model: str = "iris") -> list[tuple[str, str | None, str]]:
    """What the file says: (event, version, moved by)."""
    return [(each.kind, each.version, each.moved_by) for each in log.read_events(models_dir, model)]


def read(models_dir: Path) -> list[Event]:
    """What readers find, the api among them."""
    return reading.read_history(models_dir, models_dir, "iris")


@pytest.fixture
def home(iris: Bundle, tmp_path: Path) -> Path:
    """A folder of Iris with versions 1 and 2, of which 2 is served."""
    for _ in range(2):
        published = publish_again(tmp_path, iris)
    return published.path.parent


def test_publications_and_rollbacks_are_written(home: Path) -> None:
    roll_back(home.parent, "iris", None)
    roll_back(home.parent, "iris", "2")
    assert history(home.parent) == [
        ("trained", "1", "training"),
        ("trained", "2", "training"),
        ("rolled_back", "1", "rollback"),
        ("rolled_back", "2", "rollback"),
    ]
    times = [datetime.fromisoformat(each.at) for each in log.read_events(home.parent, "iris")]
    assert times == sorted(times)


def test_a_model_that_was_fitted_elsewhere_is_imported(tmp_path: Path, iris: Bundle) -> None:
    publish_again(tmp_path, iris, fitted={"file": "iris.onnx", "is_graph": False})
    assert history(tmp_path) == [("imported", "1", "import")]


@pytest.mark.long
def test_a_refusal_is_written_with_its_reason_and_moves_nothing(home: Path) -> None:
    environment = settings.inherited(models_dir=home.parent, min_validation_accuracy=0.99)
    ended = subprocess.run(
        [sys.executable, "-m", "services.trainer", "iris"], env=environment, capture_output=True, text=True, timeout=100
    )
    assert ended.returncode == 1
    assert history(home.parent)[2:] == [("refused", None, "training")]
    refusal = log.read_events(home.parent, "iris")[-1]
    assert "must be at least 0.990: at least 268 rows are needed; nothing was published" in refusal.reason
    current = Timeline(read(home.parent)).current
    assert current
    assert (current.event.version, current.end) == ("2", None)


def test_a_refusal_of_a_model_that_was_never_served_leaves_nothing(tmp_path: Path) -> None:
    record_refusal(tmp_path / "rose", "too few rows")
    (tmp_path / "rose").mkdir()
    record_refusal(tmp_path / "rose", "too few rows")
    assert list((tmp_path / "rose").iterdir()) == []


def test_a_process_that_is_killed_before_it_writes_leaves_no_wrong_history(home: Path, root: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home.parent)], cwd=root, check=False, timeout=60)
    assert killed.returncode == 9
    assert (home / "current").read_text() == "1\n"
    assert history(home.parent)[-1] == ("trained", "2", "training")
    with locked(home):
        assert history(home.parent)[2:] == [("found", "1", "unknown")]
    found = log.read_events(home.parent, "iris")[-1]
    assert found.reason == reading.INTERRUPTED
    assert datetime.fromisoformat(found.at).timestamp() == pytest.approx((home / "current").stat().st_ctime, abs=0.01)
    with locked(home):
        assert len(history(home.parent)) == 3


def test_readers_find_what_an_interrupted_process_did_not_write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (home / log.HISTORY).read_bytes().splitlines(keepends=True)
    (home / log.HISTORY).write_bytes(lines[0])
    monkeypatch.setattr(reading, "SETTLED", timedelta(days=1))
    assert [each.kind for each in read(home.parent)] == ["trained"]  # the trainer may be about to write it
    monkeypatch.setattr(reading, "SETTLED", timedelta(0))
    assert [(each.kind, each.version) for each in read(home.parent)] == [("trained", "1"), ("found", "2")]
    assert (home / log.HISTORY).read_bytes() == lines[0]


def test_versions_from_before_there_was_a_history_begin_with_their_training(
    home: Path, iris: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / log.HISTORY).unlink()
    monkeypatch.setattr(reading, "SETTLED", timedelta(0))
    (read_only,) = read(home.parent)
    with locked(home):
        pass
    (written,) = log.read_events(home.parent, "iris")
    assert written == read_only
    assert (written.kind, written.version, written.moved_by) == ("found", "2", "unknown")
    assert datetime.fromisoformat(written.at) == datetime.fromisoformat(iris.manifest.trained_at)
    assert written.reason == reading.BEFORE


@pytest.mark.parametrize("pointer", ["two", ""])
def test_a_pointer_that_names_no_version_adds_nothing(home: Path, pointer: str) -> None:
    (home / "current").write_text(pointer)
    with locked(home):
        pass
    assert len(history(home.parent)) == 2


def test_a_version_that_is_deleted_stays_in_the_history(home: Path, iris: Bundle) -> None:
    publish_again(home.parent, iris, keep=1)
    assert names(home) == ["3", "current"]
    assert [version for _, version, _ in history(home.parent)] == ["1", "2", "3"]


def test_a_history_that_cannot_be_written_stops_neither_publication_nor_rollback(
    home: Path, iris: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    (home / log.HISTORY).unlink()
    (home / log.HISTORY).mkdir()
    publish_again(home.parent, iris)
    roll_back(home.parent, "iris", "1")
    record_refusal(home, "too few rows")
    assert (home / "current").read_text() == "1\n"
    (message,) = [message for message in caplog.messages if log.HISTORY in message]
    assert "cannot be written" in message


def test_trainings_at_once_write_a_line_each(home: Path, iris: Bundle, root: Path) -> None:
    command = [sys.executable, "-m", "tests.publications", str(home.parent), str(iris.path), "50", "5"]
    running = [subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL) for _ in range(3)]
    try:
        assert [each.wait(100) for each in running] == [0, 0, 0]
    finally:
        for each in running:
            each.kill()
    found = history(home.parent)
    assert found == [("trained", str(number), "training") for number in range(1, 18)]
