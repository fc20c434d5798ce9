"""The bundle of an imported graph has no estimator to fall back on; `make check` takes imported models too."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from petalstream import settings
from petalstream.features import Number
from petalstream.model.bundle import MODEL, ONNX, Bundle, sha256
from petalstream.model.manifest import BundleError
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.models.loading import open_bundle
from services.trainer.definition import Classes, Definition, Fitted
from services.trainer.publishing.existing_bundles import find_servable
from services.trainer.training import train_definition
from tests.unit.trainer.importing.command import Checkout
from tests.unit.trainer.importing.models import KINDS, as_matrix_graph, flowers, write_csv

FRAME, NAMES = flowers()
DEFINITION = Definition(
    "flowers.csv", [Number(name) for name in FRAME.columns], Classes("kind", KINDS), fitted=Fitted("line.onnx")
)


@pytest.fixture
def published(tmp_path: Path) -> Bundle:
    """A graph that was published by a definition alone."""
    (tmp_path / "data").mkdir()
    write_csv(tmp_path / "data" / "flowers.csv", FRAME, "kind", NAMES)
    graph = as_matrix_graph(LogisticRegression(max_iter=1_000).fit(FRAME.to_numpy(), NAMES), FRAME)
    (tmp_path / "data" / "line.onnx").write_bytes(graph)
    return train_definition(Settings(models_dir=tmp_path / "models", data_dir=tmp_path / "data"), "line", DEFINITION)


def test_a_definition_publishes_a_graph_without_make_import(published: Bundle) -> None:
    assert MODEL not in published.manifest.files
    assert published.manifest.fitted["is_graph"] is True
    assert open_bundle(published).scorer.is_graph
    assert find_servable(Settings(models_dir=published.path.parent.parent), "line") is not None


@pytest.mark.parametrize("content", [b"", b"no graph"])
def test_a_graph_at_fault_is_refused_since_there_is_no_estimator_beside_it(published: Bundle, content: bytes) -> None:
    (published.path / ONNX).write_bytes(content)
    manifest = json.loads((published.path / "manifest.json").read_text())
    manifest["files"][ONNX] = sha256(content)
    (published.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="cannot be loaded"):
        open_bundle(Bundle.at(published.path))


def test_pages_and_warnings_speak_of_the_evaluation_data(published: Bundle) -> None:
    row = dict(zip(FRAME.columns, [99.0, 3.0, 4.0, 1.0], strict=True))
    with create_app(Settings(models_dir=published.path.parent.parent)).test_client() as client:
        (warning,) = client.post("/models/line/predict", json=row).get_json()["warnings"]
        page = client.post("/models/line/predict", data=row, headers={"Accept": "text/html"}).text
    assert warning == "sepal_length 99 is outside the evaluation range, 4.3 to 7.9"
    assert "Among those of the evaluation data;" in page
    assert "training data" not in page


@pytest.mark.long
def test_check_evaluates_an_imported_model(copied: Checkout) -> None:
    graph = as_matrix_graph(LogisticRegression(max_iter=1_000).fit(FRAME.to_numpy(), NAMES), FRAME)
    (copied.folder / "checked.onnx").write_bytes(graph)
    (copied.root / "data" / "flowers.csv").unlink(missing_ok=True)
    assert copied.run("checked.onnx", "flowers.csv", "kind", model="checked").code == 0
    done = subprocess.run(
        [sys.executable, "-m", "services.trainer.checking", "checked"],
        cwd=copied.root,
        env=settings.inherited(models_dir=copied.models_dir),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "checked: fitted elsewhere, so that all 150 rows of flowers.csv are new to it" in done.stdout
    assert "checked: opened as the api does, in " in done.stdout
