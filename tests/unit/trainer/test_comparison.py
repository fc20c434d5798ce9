"""Models as ONNX: refused where an answer is not scikit-learn's, on rows that would show it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, HistGradientBoostingClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Feature, Kind
from services.trainer.conversion.comparison import Disagreement, compare
from services.trainer.conversion.comparison_rows import DRAWN, make_comparison_rows
from services.trainer.conversion.onnx_model import convert
from tests.unit.trainer.datasets import make_dataset
from tests.unit.trainer.roses import ENCODED, FEATURES, FOREST, LINE, TREE, defined, fitted, roses


def altered(content: bytes, change: Callable[[onnx.GraphProto], None]) -> bytes:
    """The model with another graph."""
    model = onnx.load_from_string(content)
    change(model.graph)
    return bytes(model.SerializeToString())


def largest_constant_grows(graph: onnx.GraphProto) -> None:
    numbers = [each for each in graph.initializer if each.data_type == onnx.TensorProto.DOUBLE]
    constant = max(numbers, key=lambda each: len(each.raw_data))
    constant.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(constant) * 1.001, constant.name))


def first_threshold_shrinks(graph: onnx.GraphProto) -> None:
    """By the least that a number of 64 bits can."""
    (trees,) = (node for node in graph.node if node.op_type == "TreeEnsembleRegressor")
    (thresholds,) = (each.t for each in trees.attribute if each.name == "nodes_values_as_tensor")
    values = onnx.numpy_helper.to_array(thresholds).copy()
    values[0] = np.nextafter(values[0], -np.inf)
    thresholds.CopyFrom(onnx.numpy_helper.from_array(values, thresholds.name))


def whole(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples of even numbers: the odd ones between them are a tree's thresholds, and numbers of 32 bits as well."""
    return (samples * 10).round() * 2


def test_a_graph_with_other_numbers_is_refused() -> None:
    model = defined(LINE)
    estimator = fitted(model)
    content = altered(convert(estimator, model.inputs), largest_constant_grows)
    with pytest.raises(Disagreement, match="scikit-learn's"):
        compare(estimator, content, make_comparison_rows(estimator, roses(model), model, 0), model, 1e-6)


def test_a_tree_is_refused_for_a_threshold_that_is_one_bit_off() -> None:
    tree = DecisionTreeClassifier(random_state=0)
    model = defined(tree, FEATURES[:1])
    data = roses(model)
    data = make_dataset(model, whole(data.inputs.matrix), data.targets)
    tree.fit(data.frame, data.targets)
    rows, content = make_comparison_rows(tree, data, model, 0), convert(tree, model.inputs)
    assert compare(tree, content, rows, model, 1e-6) == 0
    with pytest.raises(Disagreement, match=r"rows differ"):
        compare(tree, altered(content, first_threshold_shrinks), rows, model, 1e-6)


@pytest.mark.parametrize(
    ("estimator", "features", "height"), [(FOREST, FEATURES[:3], 0), (make_pipeline(ENCODED, FOREST), FEATURES, 3)]
)
def test_rows_are_compared_that_the_features_allow_and_that_lie_beside_every_threshold(
    estimator: Any, features: Sequence[Feature], height: int
) -> None:
    model = defined(estimator, features)
    rows = make_comparison_rows(fitted(model), roses(model), model, 0)
    for column, feature in enumerate(features):
        values = rows[:, column].tolist()
        given = (feature.options[int(value)] if feature.kind is Kind.CATEGORY else value for value in values)
        assert {feature.find_fault(value) for value in given} == {None}
    heights = set(rows[:, 0].tolist())
    thresholds = {
        threshold
        for each in FOREST.estimators_
        for feature, threshold in zip(each.tree_.feature, each.tree_.threshold, strict=True)
        if feature == height
    }
    assert len(thresholds) > 100
    for threshold in thresholds:
        rounded = np.float32(threshold)
        for beside in (threshold, rounded, *(np.nextafter(rounded, np.float32(end)) for end in (-np.inf, np.inf))):
            assert float(beside) in heights


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_iter=2),
        CalibratedClassifierCV(TREE, cv=2),
        BaggingClassifier(TREE, 2, max_features=2),
        OneVsRestClassifier(make_pipeline(StandardScaler(), TREE)),
        AdaBoostClassifier(TREE, n_estimators=2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_thresholds_are_found_wherever_an_estimator_has_its_trees(estimator: Any) -> None:
    model = defined(estimator, FEATURES[:3])
    rows = make_comparison_rows(fitted(model), roses(model), model, 0)
    assert len(rows) > DRAWN + len(roses(model)) + 50
