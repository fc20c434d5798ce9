"""`make history`: the history of a model in a terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from petalstream import settings
from petalstream.history.events import Mover
from petalstream.settings import Settings
from services.api.app import create_app
from tests.histories import event, write
from tests.versions import Versions


def show(models_dir: Path, *arguments: str, **overrides: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.api.show_history", *arguments]
    environment = settings.inherited(models_dir=models_dir, **overrides)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_prints_an_aligned_table_of_both_files_the_newest_first(versions: Versions, tmp_path: Path) -> None:
    published = [event(0, "trained", "2"), event(1, "trained", "1")]
    refusal = event(2, "refused", moved_by=Mover.TRAINING, reason="too few rows")
    write(versions.models_dir, "iris", [*published, refusal])
    write(tmp_path / "history", "iris", [event(3, "unloaded", reason="a client asked for it")])
    ended = show(versions.models_dir, "iris", history_dir=tmp_path / "history")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "time                      event     version  until                     moved by  reason",
        "2025-11-01T12:03:00.000Z  unloaded  -        now                       api       a client asked for it",
        "2025-11-01T12:02:00.000Z  refused   -        -                         training  too few rows",
        "2025-11-01T12:01:00.000Z  trained   1        2025-11-01T12:03:00.000Z  training",
        "2025-11-01T12:00:00.000Z  trained   2        2025-11-01T12:01:00.000Z  training",
    ]


def test_in_json_it_prints_what_the_api_sends(versions: Versions) -> None:
    ended = show(versions.models_dir, "iris", "--json")
    client = create_app(Settings(models_dir=versions.models_dir)).test_client()
    assert json.loads(ended.stdout) == client.get("/models/iris/history").get_json()


@pytest.mark.parametrize("name", ["lily", "../models/iris"])
def test_an_unknown_model_is_told_in_a_line_with_exit_code_1(versions: Versions, name: str) -> None:
    ended = show(versions.models_dir, name)
    told = f"history: there is no model {name!r} in {versions.models_dir}; the models there: iris\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", told)


def test_a_history_that_cannot_be_read_is_told_in_a_line(versions: Versions) -> None:
    path = versions.models_dir / "iris" / "history.jsonl"
    path.unlink()
    path.mkdir()
    ended = show(versions.models_dir, "iris")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "history: 'history.jsonl' of 'iris/history.jsonl' is no regular file\n"
