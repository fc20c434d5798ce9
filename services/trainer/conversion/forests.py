"""Converters of trees and forests with exactly scikit-learn's probabilities or numbers.

skl2onnx's own converters add the trees' shares in 32 bits. Where two classes are equally likely, which is common in a
forest of 100 trees, rounding then decides. Here the graph finds the leaf of each tree, looks up scikit-learn's shares
of the classes in that leaf, and adds them in 64 bits.
"""

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType, guess_proto_type
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from services.trainer.conversion.leaves import Nodes, Tree, add_leaf_values


def convert_forest(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for label and probabilities of a tree or forest (a skl2onnx converter)."""
    forest, nodes = operator.raw_operator, Nodes(scope, container)
    trees = [to_tree(each.tree_) for each in getattr(forest, "estimators_", [forest])]
    shares = add_leaf_values(nodes, add_rounded(nodes, operator), trees)
    add_outputs(nodes, operator, _add_mean(nodes, shares, len(trees)))


def convert_regression_forest(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for the mean of the numbers of a tree or forest (a skl2onnx converter)."""
    forest, nodes = operator.raw_operator, Nodes(scope, container)
    trees = [to_tree(each.tree_) for each in getattr(forest, "estimators_", [forest])]
    values = add_leaf_values(nodes, add_rounded(nodes, operator), trees)
    add_number(nodes, operator, _add_mean(nodes, values, len(trees)))


def _add_mean(nodes: Nodes, values: str, trees: int) -> str:
    """Add the nodes for the mean over the trees of values of shape (n, trees, ...)."""
    total = nodes.add("ReduceSum", [values, nodes.constant(np.array([1]))], keepdims=0)
    return nodes.add("Div", [total, nodes.constant(np.array(float(trees)))])


def add_rounded(nodes: Nodes, operator: Any) -> str:
    """Add the nodes for the samples as scikit-learn's trees take them: numbers of 32 bits, compared in 64."""
    rounded = nodes.add("Cast", [operator.inputs[0].full_name], to=TensorProto.FLOAT)
    return nodes.add("Cast", [rounded], to=TensorProto.DOUBLE)


def add_number(nodes: Nodes, operator: Any, numbers: str) -> None:
    """Add the nodes from numbers, one a row, to the output of a regressor, of shape (n, 1)."""
    nodes.add("Reshape", [numbers, nodes.constant(np.array([-1, 1]))], operator.outputs[0].full_name)


def set_number_shape(operator: Any) -> None:
    """Set the output's shape, (n, 1), and type (a skl2onnx shape calculator)."""
    operator.outputs[0].type = DoubleTensorType([operator.inputs[0].type.shape[0], 1])


def add_outputs(nodes: Nodes, operator: Any, probabilities: str, scores: str = "") -> None:
    """Add the nodes from probabilities, float64 of shape (n, labels), to the outputs of a classifier.

    The label is that with the highest of the `scores`, or else of the probabilities.
    """
    label, likeliest = operator.outputs
    nodes.add("Cast", [probabilities], likeliest.full_name, to=guess_proto_type(likeliest.type))
    position = nodes.add("ArgMax", [scores or probabilities], axis=1, keepdims=0)
    # The classes are whole numbers, as the trainer encodes the labels.
    classes = nodes.constant(np.asarray(operator.raw_operator.classes_, np.int64))
    nodes.add("Gather", [classes, position], label.full_name)


def set_output_shapes(operator: Any) -> None:
    """Set the outputs' shapes and give the probabilities the samples' type (a skl2onnx shape calculator)."""
    given, (label, probabilities) = operator.inputs[0].type, operator.outputs
    label.type = Int64TensorType([given.shape[0]])
    probabilities.type = type(given)([given.shape[0], len(operator.raw_operator.classes_)])


KINDS = (DecisionTreeClassifier, ExtraTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)
OF_NUMBERS = (DecisionTreeRegressor, ExtraTreeRegressor, RandomForestRegressor, ExtraTreesRegressor)
CONVERTERS = dict.fromkeys(KINDS, convert_forest) | dict.fromkeys(OF_NUMBERS, convert_regression_forest)
SHAPES = dict.fromkeys(KINDS, set_output_shapes) | dict.fromkeys(OF_NUMBERS, set_number_shape)


def to_tree(tree: Any) -> Tree:
    """Return a fitted tree of scikit-learn; its values have the shape (n, labels), or (n, 1) in gradient boosting."""
    missing_left = tree.missing_go_to_left.astype(bool)
    return Tree(
        tree.children_left, tree.children_right, tree.feature, tree.threshold, missing_left, tree.value[:, 0, :]
    )
