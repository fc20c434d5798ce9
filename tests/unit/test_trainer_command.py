"""The trainer as it is started: exit codes and what it prints."""

import subprocess
import sys
from pathlib import Path

import pytest

from petalstream import settings


def trainer(models_dir: Path, *arguments: str, **overrides: object) -> subprocess.CompletedProcess[str]:
    environment = settings.inherited(models_dir=models_dir, **overrides)
    command = [sys.executable, "-m", "services.trainer", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment, check=False)


def test_it_trains_prints_what_it_chose_and_keeps_what_is_up_to_date(tmp_path: Path) -> None:
    first = trainer(tmp_path, "iris")
    assert first.returncode == 0, first.stderr
    told_first = ("chosen classify__C=", "validation accuracy 0.9", "test accuracy", "precision", "published version 1")
    for told in told_first:
        assert told in first.stdout
    assert "search: 500 of 500 fits" in first.stderr
    second = trainer(tmp_path, "iris", "--if-changed")
    assert (second.returncode, second.stdout) == (0, "iris: version 1 is up to date\n")


@pytest.mark.parametrize(
    ("arguments", "overrides", "code", "told"),
    [
        (["iris"], {"data_dir": "/nowhere"}, 1, "trainer: /nowhere/iris.csv cannot be read: No such file"),
        ([], {"train_seed": "x"}, 1, "trainer: TRAIN_SEED must be a whole number from 0 to 4294967295, not 'x'"),
        (["rose"], {}, 2, "there is no model 'rose'; services/trainer/models/ has "),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], overrides: dict[str, str], code: int, told: str
) -> None:
    ended = trainer(tmp_path, *arguments, **overrides)
    assert ended.returncode == code
    assert told in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
