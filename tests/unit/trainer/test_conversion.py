"""Models as ONNX: accepted where the answers are scikit-learn's, for every label and vote."""

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from petalstream.features import Number
from petalstream.model.graph import Graph
from petalstream.model.inference import infer_classes
from services.trainer.conversion.comparison import ConvertedModel, convert_and_compare
from services.trainer.conversion.comparison_rows import DRAWN
from services.trainer.conversion.onnx_model import convert
from services.trainer.definition import Definition
from tests.outputs import classes
from tests.unit.trainer.roses import (
    BOOSTED,
    ENCODED,
    EXTRA,
    FEATURES,
    FOREST,
    LINE,
    SOME_SCALED,
    TREE,
    defined,
    fitted,
    roses,
    vote,
)


def tried(model: Definition) -> ConvertedModel | None:
    return convert_and_compare("rose", fitted(model), roses(model), model, 1e-6, 0)


@pytest.mark.parametrize(
    "estimator",
    [
        LINE,
        TREE,
        FOREST,
        BOOSTED,
        GradientBoostingClassifier(init="zero", n_estimators=5),
        make_pipeline(SimpleImputer(), BOOSTED),
        make_pipeline(SOME_SCALED, FOREST),
        CalibratedClassifierCV(EXTRA, cv=3),
        vote(voting="soft", left_out="boosted", weights=[1, 2, 3, 4, 5]),
        vote(),
        vote(weights=[0.1, 0.2, 0.3, 0.1, 0.3], left_out="extra"),
        vote(weights=[3, 1, 1, 1, 1], left_out="forest"),
        make_pipeline(StandardScaler(), vote(left_out="line")),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_a_model_that_converts_answers_thousands_of_rows_as_scikit_learn_does(
    estimator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tried(defined(estimator))
    told = capsys.readouterr().out
    assert found is not None, told
    assert found.facts["largest_difference"] <= 1e-6
    assert found.facts["rows_compared"] >= DRAWN + 300
    rows = f"{found.facts['rows_compared']:,} rows"
    assert told == f"rose: converted to ONNX, probabilities within 1e-06 of scikit-learn's on {rows}\n"


@pytest.mark.parametrize("loss", ["log_loss", "exponential"])
def test_boosting_answers_as_scikit_learn_where_two_labels_are_equally_likely(loss: str) -> None:
    samples = np.array([[0.0], [0.0], [1.0]] * 10)
    boosting = GradientBoostingClassifier(loss=loss, init="zero", n_estimators=1).fit(samples, [0, 1, 1] * 10)
    ours = classes(Graph(convert(boosting, [Number("a")])).infer(samples[:1]))
    theirs = infer_classes(boosting, samples[:1], 2)
    assert theirs.probabilities.tolist() == ours.probabilities.tolist() == [[0.5, 0.5]]
    assert theirs.classes.tolist() == ours.classes.tolist() == [1]


@pytest.mark.parametrize("trees", [10, 50, 100])
@pytest.mark.parametrize("kinds", [2, 3])
def test_a_forest_answers_to_the_last_bit_though_two_classes_are_equally_likely(trees: int, kinds: int) -> None:
    draw = np.random.default_rng(kinds)
    samples = draw.normal(size=(200, 4)).round(1)
    codes = np.digitize(samples[:, 0] + draw.normal(0, 2, 200), [0.5, 1.5][: kinds - 1])
    forest = RandomForestClassifier(trees, random_state=0).fit(samples, codes)
    rows = draw.normal(size=(5_000, 4)).round(1)
    ours = classes(Graph(convert(forest, [Number(name) for name in "abcd"])).infer(rows))
    theirs = infer_classes(forest, rows, kinds)
    most = np.sort(theirs.probabilities)[:, -2:]
    assert (most[:, 0] == most[:, 1]).sum() > 20
    assert ours.classes.tolist() == theirs.classes.tolist()
    assert ours.probabilities.tolist() == theirs.probabilities.tolist()


def test_votes_are_told_in_the_order_of_the_voters() -> None:
    model = defined(vote(left_out="forest"))
    estimator, samples = fitted(model), roses(model)
    ours = classes(Graph(convert(estimator, model.inputs)).infer(samples.inputs.matrix))
    theirs = infer_classes(estimator, samples.frame, len(model.labels))
    assert ours.votes is not None
    assert theirs.votes is not None
    assert ours.votes.tolist() == theirs.votes.tolist()
    assert len(set(map(tuple, ours.votes.T.tolist()))) == 4  # no two of them vote alike, and none could be exchanged


def test_the_same_training_gives_the_same_bytes() -> None:
    first, second = (convert(fitted(defined(vote())), FEATURES[:3]) for _ in range(2))
    assert first == second


def test_an_estimator_without_a_converter_is_left_to_scikit_learn(capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(defined(DummyClassifier(strategy="prior"))) is None
    told = capsys.readouterr().out
    assert told.startswith("rose: served by scikit-learn: MissingShapeCalculator: Unable to find a shape calculator")
    assert len(told.splitlines()) == 1


def test_a_model_with_a_category_converts_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = tried(defined(make_pipeline(ENCODED, FOREST), FEATURES))
    assert found is not None, capsys.readouterr().out


def test_a_converter_that_raises_anything_fails_no_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = defined(LINE)
    estimator = fitted(model)
    monkeypatch.setattr(estimator[-1], "coef_", None)
    assert convert_and_compare("rose", estimator, roses(model), model, 1e-6, 0) is None
    assert "rose: served by scikit-learn: " in capsys.readouterr().out
