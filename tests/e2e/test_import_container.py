"""`make import` beside Compose: pickles are opened in a container, and the stack serves what came out of one."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.estimators import load, signature_of, untrusted_types
from services.trainer.importing.sandbox import open_pickle
from services.trainer.importing.types import confirm_pickled
from tests.checkouts import outer_environment, quick_copy
from tests.e2e.compose import ROOT, Project, require_engine
from tests.unit.trainer.importing.command import files_below
from tests.unit.trainer.importing.conftest import write_csvs
from tests.unit.trainer.importing.hostile_archives import ARCHIVES
from tests.unit.trainer.importing.hostile_graphs import GRAPHS
from tests.unit.trainer.importing.hostile_pickles import PICKLES
from tests.unit.trainer.importing.models import as_joblib, flowers
from tests.unit.trainer.importing.saving import MARKER

# None of them is opened, whether TRUST=1 is given or not.
OTHERS = {**GRAPHS, **ARCHIVES}
pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.timeout(1800), pytest.mark.long]
SECONDS = 600


@dataclass(frozen=True)
class Importing:
    """A checkout whose stack has a name of its own, and a folder with what users have."""

    stack: Project
    folder: Path

    def run(self, file: Path, *variables: str, model: str = "brought") -> subprocess.CompletedProcess[str]:
        """Run `make import`, which may fail."""
        named = {**self.stack.settings, "COMPOSE_PROJECT_NAME": self.stack.project}
        given = [f"MODEL={model}", f"FILE={file}", f"DATA={self.folder / 'flowers.csv'}", "TARGET=kind", *variables]
        return subprocess.run(
            ["make", "import", *given],
            cwd=self.stack.root,
            env={**outer_environment(), **named},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def files(self) -> set[str]:
        """Every file that a model could have written: the project's and those beside it."""
        tops = [self.stack.root / name for name in ("data", "services", "petalstream", "deploy")]
        return files_below(*tops, self.folder)


@pytest.fixture(scope="module")
def importing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Importing]:
    """The checkout and the CSVs."""
    require_engine()
    checkout, folder = quick_copy(ROOT, tmp_path_factory.mktemp("imported")), tmp_path_factory.mktemp("brought")
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    write_csvs(folder)
    stack = Project({}, root=checkout)
    with stack.removed_afterwards():
        try:
            yield Importing(stack, folder)
        finally:
            subprocess.run(
                ["docker", "image", "rm", "--force", f"{stack.project}-importer"], capture_output=True, check=False
            )


def test_the_container_is_given_nothing(importing: Importing) -> None:
    described = yaml.safe_load(importing.stack.compose("--profile", "import", "config"))["services"]["importer"]
    assert described["network_mode"] == "none"
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in described


@pytest.mark.parametrize("name", ["a shell command", "a connection", "a forged result", "joblib, compressed"])
def test_a_hostile_pickle_leaves_nothing_behind(importing: Importing, name: str) -> None:
    make, reason = PICKLES[name]
    home = importing.folder / name.replace(" ", "_").replace(",", "")
    home.mkdir()
    path, before = make(home), importing.files()
    refused = importing.run(path)
    assert refused.returncode != 0
    assert "add TRUST=1" in refused.stderr
    opened = importing.run(path, "TRUST=1")
    assert opened.returncode != 0
    assert "is opened in a container without network, volumes and capabilities" in opened.stdout
    assert reason in opened.stderr
    assert "Traceback" not in opened.stderr
    assert importing.files() == before
    assert not (home / MARKER).exists()
    assert importing.stack.compose("ps", "--all", "--quiet") == "", "no container is left"


@pytest.mark.parametrize("name", ["ONNX with numbers in /etc/passwd", "a ZIP bomb", "MLmodel with a Python object"])
def test_what_is_no_pickle_is_refused_in_compose_too(importing: Importing, name: str) -> None:
    make, reason = OTHERS[name]
    home = importing.folder / name.replace(" ", "_").replace("/", "_")
    home.mkdir()
    path, before = make(home), importing.files()
    refused = importing.run(path, "TRUST=1")
    assert refused.returncode != 0
    assert reason in refused.stderr
    assert importing.files() == before


def run_in_container(importing: Importing, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in the container itself, without what its own program gives up."""
    named = {**outer_environment(), **importing.stack.settings, "COMPOSE_PROJECT_NAME": importing.stack.project}
    command = ["docker", "compose", "run", "--rm", "--no-TTY", "--no-deps", "--build", "importer", "python", "-c", code]
    return subprocess.run(
        command, cwd=importing.stack.root, env=named, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import socket; socket.create_connection(('1.1.1.1', 80), 3)", "Network is unreachable"),
        ("open('/app/marker', 'w')", "Read-only file system"),
        ("open('/opt/venv/marker', 'w')", "Read-only file system"),
        ("import os; os.setuid(0)", "Operation not permitted"),
        ("import os; os.chown('/tmp', 0, 0)", "Operation not permitted"),
        ("import os; assert os.listdir('/app') == ['services']; raise SystemExit('nothing else')", "nothing else"),
    ],
)
def test_whatever_runs_in_the_container_finds_no_way_out(importing: Importing, code: str, said: str) -> None:
    ended = run_in_container(importing, code)
    assert ended.returncode != 0
    assert said in ended.stderr


def take_in(estimator: bytes, name: str) -> None:
    """Take what came out of a container as the trainer does."""
    types = confirm_pickled(untrusted_types(estimator, name), (), name)
    signature_of(load(estimator, name, types)[0], {}, name)


def test_no_hostile_pickle_gets_a_model_out_of_the_container(importing: Importing) -> None:
    run_in_container(importing, "")  # builds the image
    named = f"COMPOSE_PROJECT_NAME={importing.stack.project}"
    command = ["env", named, "docker", "compose", "run", "--rm", "--no-TTY", "--no-deps", "importer"]
    home = importing.folder / "all"
    home.mkdir()
    for name, (make, _) in PICKLES.items():
        path = make(home)
        content = (path / "model.pkl" if path.is_dir() else path).read_bytes()
        try:
            estimator, _ = open_pickle(content, name, command)
        except FittedError:
            continue
        # A forged result, or an estimator that was not fitted: the trainer refuses both.
        with pytest.raises(FittedError):
            take_in(estimator, name)
    assert not (home / MARKER).exists()
    assert importing.stack.compose("ps", "--all", "--quiet") == ""


def test_a_trusted_pickle_goes_from_its_file_to_a_served_bundle(importing: Importing) -> None:
    frame, kinds = flowers()
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, kinds)
    (importing.folder / "line.joblib").write_bytes(as_joblib(estimator, frame))
    ended = importing.run(importing.folder / "line.joblib", "TRUST=1", model="line")
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "line.joblib became line.skops" in ended.stdout
    assert "line: published version 1 in /models/line/1" in ended.stdout
    read = "import json; print(open('/models/line/1/manifest.json').read())"
    printed = importing.stack.compose("run", "--rm", "--no-TTY", "--no-deps", "trainer", "python", "-c", read)
    manifest = json.loads(printed)
    assert manifest["fitted"]["file"] == "line.skops"
    assert manifest["metrics"]["test_accuracy"] == pytest.approx((estimator.predict(frame) == kinds).mean())
