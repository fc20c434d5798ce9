"""Models as they are in files: imported, evaluated on all rows of a CSV, published, and asked for predictions."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from petalstream.model.bundle import MODEL, ONNX
from petalstream.model.inference import gives_probabilities
from petalstream.settings import Settings
from services.api.app import create_app
from tests.unit.trainer.importing.command import Checkout
from tests.unit.trainer.importing.models import (
    KINDS,
    as_column_graph,
    as_joblib,
    as_matrix_graph,
    as_pickle,
    as_skops,
    encoded,
    flowers,
    loans,
    mlflow_folder,
    patients,
    rows_of,
    softmax_graph,
)

pytestmark = pytest.mark.timeout(300)
LINE = make_pipeline(StandardScaler(), LogisticRegression())
TREE = "sklearn.tree._tree.Tree"


@dataclass(frozen=True)
class Case:
    """A model, how it is saved, the CSV and options that it is imported with, and what the api is to run."""

    estimator: Any
    data: Callable[[], tuple[pd.DataFrame, Any]]
    write: Callable[[Any, pd.DataFrame], bytes]
    csv: str
    target: str
    options: tuple[str, ...] = ()
    is_matrix: bool = False
    has_graph: bool = True


def codes() -> tuple[pd.DataFrame, Any]:
    frame, kinds = flowers()
    return frame, np.array([KINDS.index(kind) for kind in kinds])


OF_FLOWERS, OF_CODES = ("flowers.csv", "kind"), ("codes.csv", "kind")
OF_LOANS, OF_PATIENTS = ("loans.csv", "default"), ("patients.csv", "progression")
TRUST = ("--trust",)
SUFFIXES = {"as_skops": ".skops", "as_joblib": ".joblib", "as_pickle": ".pkl"}
SUFFIXES |= dict.fromkeys(("as_matrix_graph", "as_column_graph"), ".onnx")
CASES = {
    "pipeline, joblib": Case(LINE, flowers, as_joblib, *OF_FLOWERS, TRUST),
    "pipeline, pickle, no names of columns": Case(LINE, flowers, as_pickle, *OF_FLOWERS, TRUST, is_matrix=True),
    "pipeline of texts, skops": Case(encoded(LogisticRegression()), loans, as_skops, *OF_LOANS),
    "forest, skops, types confirmed": Case(
        RandomForestClassifier(10, random_state=0), flowers, as_skops, *OF_FLOWERS, ("--types", TREE)
    ),
    "histogram gradient boosting, joblib": Case(
        HistGradientBoostingClassifier(max_iter=10, random_state=0), flowers, as_joblib, *OF_FLOWERS, TRUST
    ),
    "support vectors, joblib": Case(make_pipeline(StandardScaler(), SVC()), codes, as_joblib, *OF_CODES, TRUST),
    "hard vote, joblib": Case(
        VotingClassifier([("line", LINE), ("bayes", GaussianNB())]), codes, as_joblib, *OF_CODES, TRUST
    ),
    "ridge, skops": Case(make_pipeline(StandardScaler(), Ridge()), patients, as_skops, *OF_PATIENTS),
    "gradient boosting of numbers, joblib": Case(
        GradientBoostingRegressor(n_estimators=10, random_state=0), patients, as_joblib, *OF_PATIENTS, TRUST
    ),
    "ONNX of a matrix, names of labels": Case(LINE, flowers, as_matrix_graph, *OF_FLOWERS, is_matrix=True),
    "ONNX of a matrix, numbers as labels": Case(LINE, codes, as_matrix_graph, *OF_CODES, is_matrix=True),
    "ONNX of columns, texts among them": Case(encoded(LogisticRegression()), loans, as_column_graph, *OF_LOANS),
    "ONNX with scores that are no probabilities": Case(
        make_pipeline(StandardScaler(), SVC()), flowers, as_matrix_graph, *OF_FLOWERS, is_matrix=True
    ),
    "neighbours fill in, without a graph, skops": Case(
        make_pipeline(KNNImputer(), LogisticRegression(max_iter=1_000)),
        flowers,
        as_skops,
        *OF_FLOWERS,
        TRUST,
        has_graph=False,
    ),
    "ONNX of numbers": Case(
        make_pipeline(StandardScaler(), Ridge()), patients, as_matrix_graph, *OF_PATIENTS, is_matrix=True
    ),
}


def name_of(case: str) -> str:
    return re.sub("[^a-z]+", "_", case.lower())


# A pickle of labels, one of numbers, a graph; the others take long. A file of skops is in the folder of MLflow below.
REPRESENTATIVES = {
    "pipeline, joblib",
    "gradient boosting of numbers, joblib",
    "ONNX of columns, texts among them",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in REPRESENTATIVES else [pytest.mark.long]) for name in CASES]
)
def test_a_model_predicts_in_the_api_what_it_predicted_where_it_was_fitted(name: str, copied: Checkout) -> None:
    case, model = CASES[name], name_of(name)
    frame, targets = case.data()
    estimator = case.estimator.fit(frame.to_numpy() if case.is_matrix else frame, targets)
    suffix = SUFFIXES[case.write.__name__]
    (copied.folder / f"{model}{suffix}").write_bytes(case.write(estimator, frame))

    ended = copied.run(f"{model}{suffix}", case.csv, case.target, *case.options, model=model)

    assert ended.code == 0, ended.errors
    assert f"all {len(frame):,} rows of {case.csv} are new to it" in ended.output
    assert f"{model}: published version 1" in ended.output
    bundle = copied.bundle(model)
    assert (ONNX in bundle.manifest.files) == case.has_graph
    assert (MODEL in bundle.manifest.files) == (suffix != ".onnx")
    assert bundle.manifest.fitted["file"].startswith(model)
    assert "cross_validation" not in bundle.manifest.metrics
    rows = rows_of(copied.folder / case.csv, case.target)
    with create_app(Settings(models_dir=copied.models_dir)).test_client() as client:
        parsed = [{each.name: each.parse(row[each.name]) for each in bundle.manifest.features} for row in rows]
        responses = client.post(f"/models/{model}/predict", json=parsed).get_json()
        report = client.get(f"/models/{model}/report", headers={"Accept": "text/html"}).text
    expected = estimator.predict(frame.to_numpy() if case.is_matrix else frame)
    if bundle.manifest.predicts_numbers:
        assert [each["prediction"] for each in responses] == pytest.approx(expected.tolist(), rel=1e-5)
    else:
        assert bool(responses[0]["probabilities"]) == gives_probabilities(estimator)
        assert [each["label"] for each in responses] == [str(each) for each in expected.tolist()]
    assert "Evaluated with" in report
    assert "Grid search" not in report
    assert "This model was fitted elsewhere." in report
    assert "training part" not in report


@pytest.mark.long
def test_a_graph_of_another_library_is_taken_as_it_is(copied: Checkout) -> None:
    frame, targets = codes()
    line = LogisticRegression(max_iter=1_000).fit(frame.to_numpy(), targets)
    (copied.folder / "softmax.onnx").write_bytes(softmax_graph(line.coef_.T, line.intercept_))
    (copied.root / "data" / "codes.csv").unlink(missing_ok=True)
    ended = copied.run("softmax.onnx", "codes.csv", "kind", model="softmax")
    assert ended.code == 0, ended.errors
    manifest = copied.bundle("softmax").manifest
    assert manifest.fitted["made_with"] == {"by-hand": "1.0"}
    assert manifest.onnx == {"opset": 13, "rows_compared": 0}
    rows = [dict(zip(frame.columns, row, strict=True)) for row in frame.to_numpy().tolist()]
    with create_app(Settings(models_dir=copied.models_dir)).test_client() as client:
        responses = client.post("/models/softmax/predict", json=rows).get_json()
    given = [[each["probabilities"][label] for label in "012"] for each in responses]
    assert np.allclose(given, line.predict_proba(frame.to_numpy()), atol=1e-5)


@pytest.mark.parametrize(
    ("flavor", "file", "write", "kept"),
    [
        (
            {"sklearn": {"pickled_model": "model.skops", "serialization_format": "skops"}},
            "model.skops",
            as_skops,
            ".skops",
        ),
        pytest.param(
            {"onnx": {"data": "model.onnx", "onnx_version": "1.20.0"}},
            "model.onnx",
            as_matrix_graph,
            ".onnx",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_folder_of_mlflow_without_a_pickle_needs_no_trust(
    flavor: dict[str, Any], file: str, write: Callable[[Any, pd.DataFrame], bytes], kept: str, copied: Checkout
) -> None:
    frame, targets = flowers()
    model = f"flavor_{kept[1:]}"
    folder = mlflow_folder(copied.folder / model, b"not opened")
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavor}))
    (folder / file).write_bytes(write(LINE.fit(frame.to_numpy(), targets), frame))
    (copied.root / "data" / "flowers.csv").unlink(missing_ok=True)
    ended = copied.run(model, "flowers.csv", "kind", model=model)
    assert ended.code == 0, ended.errors
    assert copied.bundle(model).manifest.fitted["file"] == f"{model}{kept}"


@pytest.mark.long
def test_a_folder_of_mlflow_is_imported_and_its_other_version_is_told(copied: Checkout) -> None:
    frame, targets = loans()
    estimator = encoded(LogisticRegression()).fit(frame, targets)
    mlflow_folder(copied.folder / "run", as_pickle(estimator, frame), sklearn_version="1.5.2")
    (copied.root / "data" / "loans.csv").unlink(missing_ok=True)
    ended = copied.run("run", "loans.csv", "default", "--trust", model="mlflow")
    assert ended.code == 0, ended.errors
    assert "mlflow.skops was made with scikit-learn 1.5.2, and here is " in ended.output
    manifest = copied.bundle("mlflow").manifest
    assert manifest.fitted["made_with"]["scikit-learn"] == "1.5.2"
    assert any("scikit-learn 1.5.2, and here is" in note for note in manifest.notes)


def test_what_was_a_pickle_is_kept_as_data_and_trained_again_without_it(copied: Checkout) -> None:
    frame, targets = flowers()
    (copied.folder / "again.joblib").write_bytes(as_joblib(LINE.fit(frame, targets), frame))
    (copied.root / "data" / "flowers.csv").unlink(missing_ok=True)
    assert copied.run("again.joblib", "flowers.csv", "kind", "--trust", model="again").code == 0
    kept = copied.root / "data" / "again.skops"
    assert "schema.json" in zipfile.ZipFile(kept).namelist()
    written = (copied.root / "services" / "trainer" / "models" / "again.py").read_text()
    assert 'fitted=Fitted("again.skops")' in written
    estimator = joblib.load(copied.bundle("again").path / MODEL)
    assert estimator.predict(frame).tolist() == [KINDS.index(kind) for kind in LINE.predict(frame)]


@pytest.mark.long
def test_of_numbers_a_quarter_of_the_rows_calibrates_the_intervals(copied: Checkout) -> None:
    frame, targets = patients()
    estimator = make_pipeline(StandardScaler(), Ridge()).fit(frame, targets)
    (copied.folder / "quarter.skops").write_bytes(as_skops(estimator, frame))
    (copied.root / "data" / "patients.csv").unlink(missing_ok=True)
    assert copied.run("quarter.skops", "patients.csv", "progression", model="quarter").code == 0
    bundle = copied.bundle("quarter")
    tested = [int(line) for line, _, _ in bundle.test_set()]
    assert len(tested) == len(frame) - len(frame) // 4
    calibrated = sorted(set(range(len(frame))) - {line - 2 for line in tested})
    errors = sorted(abs(targets[calibrated] - estimator.predict(frame.iloc[calibrated])))
    rank = int(np.ceil((len(calibrated) + 1) * 0.9))
    assert bundle.manifest.interval["half_width"] == pytest.approx(errors[rank - 1])
