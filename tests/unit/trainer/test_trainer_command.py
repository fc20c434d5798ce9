"""The trainer as it is started: exit codes and what it prints."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

from embedded.processes import python
from petalstream import settings
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from services.trainer.rollback import roll_back
from tests.checkouts import quick_copy
from tests.publications import names, publish_again
from tests.trained import CANDIDATES

BROKEN = "raise SystemExit('no such model')\n"
UNFIT = """
from sklearn.tree import DecisionTreeClassifier
from petalstream.features import Number
from services.trainer.definition import Classes, Definition
MODEL = Definition(
    csv="iris.csv",
    features=[Number(f"{leaf}_{side}", leaf, "cm") for leaf in ("sepal", "petal") for side in ("length", "width")],
    target=Classes("species", ["setosa", "versicolor", "virginica"]),
    estimator=DecisionTreeClassifier(),
    grid={"max_depth": ["deep"]},
)
"""


def trainer(
    models_dir: Path, *arguments: str, checkout: Path | None = None, **overrides: object
) -> subprocess.CompletedProcess[str]:
    environment = settings.inherited(models_dir=models_dir, **overrides)
    command = [sys.executable, "-m", "services.trainer", *arguments]
    return subprocess.run(
        command, cwd=checkout, capture_output=True, text=True, timeout=100, env=environment, check=False
    )


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A checkout whose models are Iris, one whose file cannot be imported and one that cannot be fitted."""
    copy = quick_copy(root, tmp_path)
    models = copy / "services" / "trainer" / "models"
    for name in ("heart_failure", "penguins"):
        (models / f"{name}.py").unlink()
    (models / "broken.py").write_text(BROKEN)
    (models / "unfit.py").write_text(UNFIT)
    return copy


@pytest.mark.long
def test_it_trains_prints_what_it_chose_and_keeps_what_is_up_to_date(tmp_path: Path) -> None:
    first = trainer(tmp_path, "iris")
    assert first.returncode == 0, first.stderr
    converted = "iris: converted to ONNX, probabilities within 1e-06 of scikit-learn's on 20,150 rows"
    told_first = ("chosen classify__C=", "validation accuracy 1.0", "test accuracy", "precision", "published version 1")
    for told in (*told_first, converted):
        assert told in first.stdout
    assert "search: 500 of 500 fits" in first.stderr
    assert "cross-validation: 25 of 25 fits" in first.stderr
    assert bundle.current(tmp_path, "iris").manifest.parameters == CANDIDATES["iris"], "what tests train with"
    second = trainer(tmp_path, "iris", "--if-changed")
    assert (second.returncode, second.stdout) == (0, "iris: version 1 is up to date\n")


@pytest.mark.parametrize(
    ("arguments", "overrides", "code", "told"),
    [
        (["iris"], {"data_dir": "/nowhere"}, 1, "trainer: iris: /nowhere/iris.csv cannot be read: No such file"),
        ([], {"train_seed": "x"}, 1, "trainer: TRAIN_SEED must be a whole number from 0 to 4294967295, not 'x'"),
        pytest.param(
            ["rose"], {}, 2, "there is no model 'rose'; services/trainer/models/ has ", marks=pytest.mark.long
        ),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], overrides: dict[str, Any], code: int, told: str
) -> None:
    ended = trainer(tmp_path, *arguments, **overrides)
    assert ended.returncode == code
    assert told in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_fails_is_named_and_stops_no_other(checkout: Path, tmp_path: Path) -> None:
    ended = trainer(tmp_path / "models", checkout=checkout)
    assert ended.returncode == 1
    assert "trainer: broken: services/trainer/models/broken.py: SystemExit: no such model" in ended.stderr
    assert "trainer: unfit: search: the estimator with max_depth='deep' cannot be fitted: The 'max_dep" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "iris: published version 1" in ended.stdout
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["iris"]


@pytest.mark.long
def test_the_stack_goes_on_where_any_model_can_be_served(checkout: Path, tmp_path: Path, iris: Bundle) -> None:
    models = tmp_path / "models"
    shutil.copytree(iris.path.parent, models / "iris")
    (checkout / "services" / "trainer" / "models" / "unfit.py").unlink()
    (checkout / "services" / "trainer" / "models" / "broken.py").unlink()
    (checkout / "data" / "iris.csv").write_text("nothing\n")
    for arguments, code in ((["--if-changed"], 0), ([], 1)):
        goes_on = trainer(models, *arguments, checkout=checkout)
        assert goes_on.returncode == code
        first, *faults = goes_on.stderr.splitlines()
        assert first == "trainer: iris: data/iris.csv has 6 faults:"
        assert faults[6] == "trainer: iris: version 1 goes on serving"
        assert faults[7:] == ["trainer: not trained, as said above: iris"] * (code == 0)
    (models / "iris" / "1" / "model.joblib").write_bytes(b"altered")
    broken = trainer(models, "--if-changed", checkout=checkout)
    assert broken.returncode == 1
    assert "goes on serving" not in broken.stderr


def test_a_model_that_is_refused_leaves_the_served_one_and_says_so(
    checkout: Path, tmp_path: Path, iris: Bundle
) -> None:
    models = tmp_path / "models"
    publish_again(models, iris)
    ended = trainer(models, "iris", checkout=checkout, min_validation_accuracy=0.99)
    measured = r"accuracy (0\.9\d+|1\.000) on 30 validation rows is at least 0\.\d+ with 95 % confidence"
    asked = "and must be at least 0.990: at least 268 rows are needed; nothing was published"
    told = f"trainer: iris: {measured}, {asked}; version 1 goes on serving"
    assert ended.returncode == 1
    assert re.fullmatch(told, ended.stderr.splitlines()[-1])
    assert names(models / "iris") == ["1", "current"]


@pytest.mark.long
def test_a_rollback_is_not_undone_by_the_next_start(tmp_path: Path, iris: Bundle) -> None:
    for _ in range(2):
        publish_again(tmp_path, iris)
    roll_back(tmp_path, "iris", None)
    ended = trainer(tmp_path, "iris", "--if-changed")
    told = "iris: version 2 is up to date, and version 1 serves since a rollback\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, told, "")
    assert (tmp_path / "iris" / "current").read_text() == "1\n"


@pytest.mark.long
def test_a_training_that_is_stopped_says_what_goes_on_serving(tmp_path: Path, iris: Bundle) -> None:
    publish_again(tmp_path, iris)
    environment = settings.inherited(models_dir=tmp_path)
    command = [sys.executable, "-m", "services.trainer", "iris"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        begun = next(line for line in process.stderr if "training" in line)
        process.terminate()
        _, rest = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait(10)
    assert "90 training, 30 validation and 30 test samples" in begun
    assert process.returncode == 128 + signal.SIGTERM
    assert rest.splitlines()[-1] == "trainer: iris: stopped; version 1 goes on serving"
    assert names(tmp_path / "iris") == ["1", "current"]


@pytest.mark.long
def test_on_a_terminal_progress_is_a_bar_and_in_a_log_lines(checkout: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    environment, command = settings.inherited(models_dir=tmp_path / "models"), python("services.trainer", "iris")
    process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # how a terminal tells that its other end is closed
        pass
    finally:
        os.close(ours)
        process.kill()
        process.wait(10)
    assert b"search: " in shown
    assert b"%|" in shown
    assert not re.search(rb"of \d+ fits", shown)
