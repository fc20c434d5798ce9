"""Converters of AdaBoostClassifier with trees and of gradient boosting, in 64 bits.

skl2onnx makes a graph of the first that cannot be opened, and computes the second in 32 bits. The formulas are those of
scikit-learn: Zhu, Zou, Rosset and Hastie, Multi-class AdaBoost, Statistics and Its Interface 2 (2009), and Friedman,
Greedy function approximation: a gradient boosting machine, Annals of Statistics 29 (2001).
"""

import dataclasses
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingClassifier, GradientBoostingRegressor

from services.trainer.conversion.forests import (
    add_number,
    add_outputs,
    add_rounded,
    set_number_shape,
    set_output_shapes,
    to_tree,
)
from services.trainer.conversion.leaves import Nodes, Tree, add_leaf_values
from services.trainer.conversion.transformers import NotConvertible


def convert_ada_boost(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for label and probabilities (a skl2onnx converter)."""
    model, nodes = operator.raw_operator, Nodes(scope, container)
    weights = model.estimator_weights_[: len(model.estimators_)]
    trees = [_votes(to_tree(each.tree_), weight) for each, weight in zip(model.estimators_, weights, strict=True)]
    votes = add_leaf_values(nodes, add_rounded(nodes, operator), trees)
    total = nodes.add("ReduceSum", [votes, nodes.constant(np.array([1]))], keepdims=0)
    # With two classes scikit-learn takes half the difference of both sums.
    divisor = weights.sum() * (len(model.classes_) - 1)
    decision = nodes.add("Div", [total, nodes.constant(np.array(divisor))])
    add_outputs(nodes, operator, nodes.add("Softmax", [decision], axis=1))


def convert_gradient_boosting(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for label and probabilities (a skl2onnx converter)."""
    model, nodes = operator.raw_operator, Nodes(scope, container)
    raw = _add_raw_predictions(nodes, operator, DummyClassifier)
    if len(model.classes_) > 2:
        return add_outputs(nodes, operator, nodes.add("Softmax", [raw], axis=1))
    if model.loss == "exponential":
        raw = nodes.add("Add", [raw, raw])
    second = nodes.add("Sigmoid", [raw])
    rest = nodes.add("Sub", [nodes.constant(np.array(1.0)), second])
    # Where both are equally likely, the label is the second.
    is_first = nodes.add("Cast", [nodes.add("Less", [raw, nodes.constant(np.array(0.0))])], to=TensorProto.DOUBLE)
    scores = nodes.add("Concat", [is_first, nodes.add("Sub", [nodes.constant(np.array(1.0)), is_first])], axis=1)
    return add_outputs(nodes, operator, nodes.add("Concat", [rest, second], axis=1), scores)


def convert_gradient_boosting_of_numbers(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for the number (a skl2onnx converter)."""
    nodes = Nodes(scope, container)
    add_number(nodes, operator, _add_raw_predictions(nodes, operator, DummyRegressor))


def _add_raw_predictions(nodes: Nodes, operator: Any, first_kind: type) -> str:
    """Add the nodes for the first prediction and the steps of all trees, of shape (n, trees of a turn)."""
    model = operator.raw_operator
    if model.init_ != "zero" and not isinstance(model.init_, first_kind):
        raise NotConvertible(f"{type(model).__name__}(init={type(model.init_).__name__})")
    first = model._raw_predict_init(np.zeros((1, model.n_features_in_)))
    trees = [_steps(to_tree(each.tree_), model.learning_rate) for each in model.estimators_.ravel()]
    steps = add_leaf_values(nodes, add_rounded(nodes, operator), trees)
    by_turn = nodes.add("Reshape", [steps, nodes.constant(np.array([-1, *model.estimators_.shape]))])
    total = nodes.add("ReduceSum", [by_turn, nodes.constant(np.array([1]))], keepdims=0)
    return nodes.add("Add", [total, nodes.constant(first)])


def _steps(tree: Tree, learning_rate: float) -> Tree:
    """Return a tree with what each leaf adds to the raw prediction, of shape (n,)."""
    return dataclasses.replace(tree, values=tree.values[:, 0] * learning_rate)


def _votes(tree: Tree, weight: float) -> Tree:
    """Return a tree whose leaves have the weight for the likeliest class, and shares of minus that for the others."""
    classes = tree.values.shape[1]
    wins = tree.values.argmax(axis=1)[:, np.newaxis] == np.arange(classes)
    values = np.where(wins, weight, -weight / (classes - 1))
    return dataclasses.replace(tree, values=values)


CONVERTERS = {
    AdaBoostClassifier: convert_ada_boost,
    GradientBoostingClassifier: convert_gradient_boosting,
    GradientBoostingRegressor: convert_gradient_boosting_of_numbers,
}
SHAPES = {
    AdaBoostClassifier: set_output_shapes,
    GradientBoostingClassifier: set_output_shapes,
    GradientBoostingRegressor: set_number_shape,
}
