"""Rows far from the training data: how they are made, and that a difference on them only counts."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Feature, Integer, Number
from petalstream.model.golden import PROBABILITY_TOLERANCE
from petalstream.model.graph import Graph
from services.trainer.conversion.comparison import convert_and_compare, count_differing
from services.trainer.conversion.comparison_rows import NEAR_RANGES, make_far_rows
from services.trainer.conversion.onnx_model import convert
from tests.unit.trainer.datasets import make_dataset
from tests.unit.trainer.roses import FEATURES, LINE, TREE, defined, fitted, roses

# The powers of a large number are infinite.
POWERS = make_pipeline(StandardScaler(), PolynomialFeatures(11), StandardScaler(), LogisticRegression(C=0.01))


def test_in_a_far_row_one_number_is_far_and_all_features_allow_their_values() -> None:
    model = defined(LINE, FEATURES)
    samples = roses(model).inputs.matrix
    far = make_far_rows(roses(model), model, 0)
    near = NEAR_RANGES * np.ptp(samples, axis=0)
    is_far = (far < samples.min(axis=0) - near) | (far > samples.max(axis=0) + near)
    assert len(far) > 100
    assert set(is_far.sum(axis=1).tolist()) == {1}
    for feature, column in zip(FEATURES, far.T, strict=True):
        least, most = feature.bounds
        assert ((column >= least) & (column <= most)).all()


@pytest.mark.parametrize(
    "bounded", [(Number("height", minimum=0, maximum=300),), (FEATURES[2],)], ids=["bounds", "choices"]
)
def test_there_are_no_far_rows_where_the_features_allow_none(bounded: tuple[Feature]) -> None:
    model = defined(LINE, bounded)
    data = roses(model)
    assert make_far_rows(data, model, 0).shape == (0, 1)
    assert count_differing(LINE, b"", make_far_rows(data, model, 0), model, 1e-6) == 0


def test_a_column_with_missing_values_has_far_rows_too() -> None:
    model = defined(LINE, (Integer("thorns", optional=True),))
    data = make_dataset(model, np.array([[np.nan], [1], [3]]), np.array([0, 1, 2]))
    far = make_far_rows(data, model, 0)
    assert len(far) > 100
    assert np.isfinite(far).all()


def test_the_rows_count_that_the_graph_answers_otherwise() -> None:
    model, data = defined(TREE, FEATURES[:1]), roses(defined(TREE, FEATURES[:1]))
    estimator, content = fitted(model), convert(fitted(model), model.inputs)
    other = DecisionTreeClassifier(max_depth=5, class_weight="balanced", random_state=0).fit(data.frame, data.targets)
    ours, theirs = estimator.predict_proba(data.frame), other.predict_proba(data.frame)
    differing = int((np.abs(ours - theirs) > PROBABILITY_TOLERANCE).any(axis=1).sum())
    assert 0 < differing < len(data)
    assert count_differing(other, content, data.inputs.matrix, model, 1e-6) == differing
    assert count_differing(estimator, content, data.inputs.matrix, model, 1e-6) == 0


def test_an_estimator_that_refuses_far_numbers_is_converted_and_all_far_rows_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = defined(POWERS, FEATURES[:1])
    estimator = fitted(model)
    with pytest.raises(ValueError, match="contains infinity"), np.errstate(over="ignore", invalid="ignore"):
        estimator.predict(roses(model).frame * 1e30)
    found = convert_and_compare("rose", estimator, roses(model), model, 1e-6, 0)
    assert found is not None, capsys.readouterr().out
    rows = found.facts["far_rows_compared"]
    assert found.facts["far_rows_differing"] == rows > 100
    assert f"rose: far from the training data {rows:,} of {rows:,} rows differ\n" in capsys.readouterr().out


def test_a_graph_whose_probabilities_are_no_numbers_raises_as_scikit_learn_does() -> None:
    model = defined(POWERS, FEATURES[:1])
    graph = Graph(convert(fitted(model), model.inputs))
    with pytest.raises(ValueError, match="a probability that is NaN or infinite"):
        graph.infer(np.array([[1e30]]))
