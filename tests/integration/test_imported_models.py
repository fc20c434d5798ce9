"""Models that were fitted elsewhere, from their files to the stream: what the consumer prints of their test sets."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.ports import free_port
from petalstream.model import bundle
from petalstream.settings import Settings
from tests.checkouts import fresh_copy
from tests.demos import demo
from tests.unit.trainer.importing.command import Checkout
from tests.unit.trainer.importing.conftest import write_csvs
from tests.unit.trainer.importing.test_from_file_to_prediction import CASES, SUFFIXES, name_of

ROOT = Path(__file__).parent.parent.parent
# In `make test` a pickle of labels, which is trained again, and a graph of numbers, which is taken as it is.
GROUPS = [
    pytest.param(("pipeline, joblib", "ONNX of numbers"), id="two"),
    pytest.param(tuple(CASES), id="all", marks=pytest.mark.long),
]
pytestmark = [pytest.mark.xdist_group("imported models"), pytest.mark.timeout(600)]


def take_in(copied: Checkout, name: str) -> None:
    """Fit a model, save it, and import its file."""
    case = CASES[name]
    frame, targets = case.data()
    rows = frame.to_numpy() if case.is_matrix else frame
    file = f"{name_of(name)}{SUFFIXES[case.write.__name__]}"
    (copied.folder / file).write_bytes(case.write(case.estimator.fit(rows, targets), frame))
    # Each has a CSV of its own in the data folder.
    csv = f"{name_of(name)}.csv"
    shutil.copy(copied.folder / case.csv, copied.folder / csv)
    ended = copied.run(file, csv, case.target, *case.options, model=name_of(name))
    assert ended.code == 0, ended.errors


@pytest.fixture(scope="module", params=GROUPS)
def streamed(
    request: pytest.FixtureRequest, kafka_jars: Path, all_models: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Checkout, tuple[str, ...], str]]:
    """A checkout with imported models, their names, and what `make demo` has printed."""
    folder = tmp_path_factory.mktemp("imported")
    copied = Checkout(fresh_copy(ROOT, folder), folder / "brought")
    copied.folder.mkdir()
    write_csvs(copied.folder)
    (copied.root / ".cache").mkdir()
    (copied.root / ".cache" / kafka_jars.name).symlink_to(kafka_jars)
    shutil.copytree(all_models.models_dir, copied.models_dir)
    for name in request.param:
        take_in(copied, name)
    ports = {name: free_port() for name in ("api_port", "kafka_port", "consumer_health_port")}
    with demo(copied.root, folder, models_dir=copied.models_dir, **ports) as run:
        assert run.process.wait(500) == 0
        yield copied, tuple(map(name_of, request.param)), run.output.read_text()


def test_they_are_not_evaluated_again(streamed: tuple[Checkout, tuple[str, ...], str]) -> None:
    _, names, printed = streamed
    for name in names:
        assert f"{name}: version 1 is up to date" in printed


def test_every_row_of_their_test_sets_is_predicted(streamed: tuple[Checkout, tuple[str, ...], str]) -> None:
    copied, names, printed = streamed
    assert len(names) > 1
    for name in names:
        sent = sum(1 for _ in bundle.current(copied.models_dir, name).test_set())
        assert f"==> summary of {name}\nsent {sent}, predicted {sent}, dead-lettered 0\n" in printed


def test_the_stream_is_as_accurate_as_the_evaluation_says(streamed: tuple[Checkout, tuple[str, ...], str]) -> None:
    copied, names, printed = streamed
    for name in names:
        manifest = bundle.current(copied.models_dir, name).manifest
        if manifest.predicts_numbers:
            assert re.search(rf"==> summary of {name}\n.*\nmean absolute error ", printed)
        else:
            (accuracy,) = re.findall(rf"==> summary of {name}\n.*\naccuracy (\d\.\d+)", printed)
            assert float(accuracy) == pytest.approx(manifest.metrics["test_accuracy"], abs=5e-4)
