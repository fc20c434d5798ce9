"""Models of numbers, from the CSV to the bundle."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from petalstream.features import Integer, Number
from petalstream.model.bundle import MODEL, REPORT_INDEX, Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from services.trainer.conversion.comparison import convert_and_compare
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.definition import Csv, Definition, DefinitionError
from services.trainer.evaluation.intervals import half_width
from services.trainer.models import load_definition
from services.trainer.tasks import task_of
from tests.unit.trainer.datasets import make_dataset
from tests.unit.trainer.reports import parts_of, reported

TREES = Definition(
    csv="trees.csv",
    features=[Number("girth", unit="cm"), Integer("age")],
    target=Number("height", unit="m", minimum=0),
    estimator=Ridge(),
)
OPTIONAL = Number("height", unit="m", optional=True)
HEADER = "girth,age,height"
LINES = [f"{30 + i}.5,{i},{4 + i % 7}.25" for i in range(30)]


def parse(*lines: str) -> Dataset:
    content = "\n".join([HEADER, *lines]).encode()
    return csv_reader.parse(content, Path("trees.csv"), TREES)[1]


def test_targets_are_the_numbers_of_the_csv() -> None:
    samples = parse(*LINES)
    assert samples.targets.tolist()[:3] == [4.25, 5.25, 6.25]
    assert samples.texts.tolist()[:3] == ["4.25", "5.25", "6.25"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "trees.csv, line 3, height: is missing; optional=True of the target leaves such rows out"),
        ("tall", "trees.csv, line 3, height: must be a number, not the text 'tall'"),
        ("-1", "trees.csv, line 3, height: must be at least 0 m, not -1"),
        ("1e999", "trees.csv, line 3, height: must be"),
        ("nan", "trees.csv, line 3, height: must be"),
    ],
)
def test_a_target_that_is_no_number_is_named_with_its_line(cell: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(LINES[0], f"31.5,1,{cell}", *LINES[2:])
    assert str(caught.value).startswith(said)


def test_rows_without_an_optional_target_are_left_out_with_their_other_faults() -> None:
    definition = dataclasses.replace(TREES, csv=Csv("trees.csv", missing=("?",)), target=OPTIONAL)
    content = "\n".join([HEADER, *LINES, "wide,1,", "31.5,1, ? "]).encode()
    _, samples = csv_reader.parse(content, Path("trees.csv"), definition)
    assert (len(samples), samples.left_out) == (30, 2)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINES[:19], "trees.csv has 19 rows, and a model of numbers needs 20"),
        ([f"{i},{i},7" for i in range(30)], "trees.csv: height is 7.0 in each row"),
    ],
)
def test_too_few_rows_and_a_constant_target_are_refused(lines: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        parse(*lines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": Number("height", used=False)}, "a target must not have used=False"),
        ({"target": Number("age")}, "features and target must have names that differ"),
        ({"coverage": 1.0}, "coverage must be a number between 0 and 1, not 1.0"),
        ({"coverage": 90}, "coverage must be a number between 0 and 1, not 90"),
        ({"scoring": "neg_absolute_error"}, "no scoring 'neg_absolute_error'; it has neg_m"),
        ({"scoring": "accuracy"}, "scoring 'accuracy' is none of predicted numbers"),
        ({"scoring": "roc_auc"}, "scoring 'roc_auc' is none of predicted numbers"),
        (
            {"estimator": StandardScaler()},
            "for this target the estimator must be a regressor, and StandardScaler is none",
        ),
    ],
)
def test_a_wrong_definition_of_a_number_says_what_was_expected(change: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        dataclasses.replace(TREES, **change)


def numbers_of(penguins: Bundle, part: Dataset) -> Any:
    return joblib.load(penguins.path / MODEL).predict(part.frame)


def test_the_metrics_are_those_of_the_published_model_on_the_test_part(penguins: Bundle) -> None:
    samples, inputs = list(penguins.test_set()), penguins.manifest.inputs
    frame = to_frame(inputs, encode_inputs([row for _, row, _ in samples], inputs))
    predicted = joblib.load(penguins.path / MODEL).predict(frame)
    true = np.array([float(text) for _, _, text in samples])
    metrics = penguins.manifest.metrics
    assert metrics["test_r2"] == pytest.approx(r2_score(true, predicted))
    assert metrics["test_errors"]["mean_absolute_error"] == pytest.approx(mean_absolute_error(true, predicted))
    assert metrics["test_errors"]["root_mean_squared_error"] == pytest.approx(root_mean_squared_error(true, predicted))
    assert metrics["errors_of_mean"]["mean_absolute_error"] > 2 * metrics["test_errors"]["mean_absolute_error"]


def test_the_interval_is_calibrated_on_rows_on_which_nothing_was_fitted(penguins: Bundle, root: Path) -> None:
    definition = load_definition("penguins")
    parts = parts_of(definition)
    trained_on = set(map(tuple, parts.training.values.tolist()))
    assert trained_on.isdisjoint(map(tuple, parts.validation.values.tolist()))
    expected = half_width(parts.validation.targets, numbers_of(penguins, parts.validation), 0.9)
    assert penguins.manifest.interval == {"coverage": 0.9, "half_width": pytest.approx(expected)}


def test_the_report_shows_predicted_beside_true_numbers_and_the_errors() -> None:
    definition = load_definition("penguins")
    model = reported(definition.estimator, parts_of(definition), definition)
    assert [figure["name"] for figure in model.index["figures"]][:2] == ["predicted_and_true", "errors"]
    assert "Predicted by true Body mass of 68 test samples" in model.figure("predicted_and_true")["alt"]
    assert "True: Body mass (g)" in model.texts("predicted_and_true")
    assert "Predicted less true: Body mass (g)" in model.texts("errors")
    assert model.figure("feature_importance")["alt"].startswith("Mean rise of mean absolute error")
    assert "Rise of mean absolute error when shuffled" in model.texts("feature_importance")


def test_the_tables_of_the_search_have_errors_and_not_their_negatives(penguins: Bundle) -> None:
    [search] = json.loads(penguins.read(REPORT_INDEX))["searches"]
    means = [row["mean"] for row in search["rows"]]
    assert search["scoring"] == "mean_absolute_error"
    assert means == sorted(means)
    assert 150 < means[0] < 300


KERNELS = ("rbf", "linear", "poly", "sigmoid")
REGRESSORS = {
    "ridge": Ridge(),
    **{f"support vectors, {kernel}": make_pipeline(StandardScaler(), SVR(kernel=kernel)) for kernel in KERNELS},
    "neighbours": make_pipeline(StandardScaler(), KNeighborsRegressor()),
    "tree": DecisionTreeRegressor(max_depth=5, random_state=0),
    "forest": RandomForestRegressor(20, random_state=0),
    "extra trees": ExtraTreesRegressor(20, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=20, random_state=0),
    "boosting, absolute error": GradientBoostingRegressor(n_estimators=20, loss="absolute_error", random_state=0),
    "histograms": HistGradientBoostingRegressor(max_iter=20, random_state=0),
    "histograms, poisson": HistGradientBoostingRegressor(max_iter=20, loss="poisson", random_state=0),
    "mean of two": VotingRegressor([("ridge", Ridge()), ("tree", DecisionTreeRegressor(max_depth=3))]),
}


def drawn() -> Dataset:
    """Trees whose height is in millions, so that an absolute tolerance would refuse what rounds in the last digit."""
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.normal(50, 20, 300), random.integers(0, 90, 300)])
    return make_dataset(TREES, matrix, 1e6 * (matrix[:, 0] ** 2 / 50 + matrix[:, 1] + random.normal(0, 3, 300) + 40))


@pytest.mark.parametrize("estimator", REGRESSORS.values(), ids=REGRESSORS)
def test_regressors_convert_within_a_share_of_their_numbers(estimator: Any, capsys: pytest.CaptureFixture[str]) -> None:
    samples, model = drawn(), dataclasses.replace(TREES, estimator=estimator)
    with threadpool_limits(1):
        estimator.fit(samples.frame, samples.targets)
    tolerance = 1e-6 * float(np.abs(samples.targets).max())
    found = convert_and_compare("trees", estimator, samples, model, tolerance, 0)
    assert found is not None, capsys.readouterr().out
    assert found.facts["largest_difference"] <= tolerance


def test_a_regressor_without_a_converter_is_left_to_scikit_learn(capsys: pytest.CaptureFixture[str]) -> None:
    samples = drawn()
    estimator = TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp)
    estimator.fit(samples.frame, samples.targets)
    model = dataclasses.replace(TREES, estimator=estimator)
    assert convert_and_compare("trees", estimator, samples, model, 1.0, 0) is None
    assert capsys.readouterr().out.startswith("trees: served by scikit-learn: ")


def test_the_parts_have_three_fifths_and_a_fifth_each() -> None:
    samples = parse(*LINES)
    assert task_of(TREES).strata(samples) is None
    parts = parts_of(load_definition("penguins"))
    assert [len(part) for part in (parts.training, parts.validation, parts.test)] == [205, 69, 68]
