"""Converters of trees and forests with exactly scikit-learn's probabilities.

skl2onnx's own converters add the trees' shares in 32 bits. Where two classes are equally likely, which is common in a
forest of 100 trees, rounding then decides. Here the graph finds the leaf of each tree, looks up scikit-learn's shares
of the classes in that leaf, and adds them in 64 bits.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from skl2onnx.common.data_types import guess_proto_type
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

MACHINE_LEARNING, VERSION = "ai.onnx.ml", 3


def convert_forest(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for label and probabilities of a tree or forest (a skl2onnx converter)."""
    forest = operator.raw_operator
    trees = [each.tree_ for each in getattr(forest, "estimators_", [forest])]
    label, probabilities = (output.full_name for output in operator.outputs)

    def node(kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        output = output or scope.get_unique_variable_name(kind.lower())
        container.add_node(kind, list(inputs), [output], name=scope.get_unique_operator_name(kind), **attributes)
        return output

    def constant(value: NDArray[Any]) -> str:
        name: str = scope.get_unique_variable_name("constant")
        container.initializers.append(numpy_helper.from_array(value, name))
        return name

    # scikit-learn's trees compare a 32-bit number with a 64-bit threshold.
    rounded = node("Cast", [operator.inputs[0].full_name], to=TensorProto.FLOAT)
    seen = node("Cast", [rounded], to=TensorProto.DOUBLE)
    attributes = _ensemble(trees)
    leaves = node("TreeEnsembleRegressor", [seen], op_domain=MACHINE_LEARNING, op_version=VERSION, **attributes)
    table = constant(np.concatenate([tree.value[:, 0, :] for tree in trees]))
    offsets = constant(np.cumsum([0, *(tree.node_count for tree in trees[:-1])]))
    rows = node("Add", [node("Cast", [leaves], to=TensorProto.INT64), offsets])
    shares = node("Gather", [table, rows])
    total = node("ReduceSum", [shares, constant(np.array([1]))], keepdims=0)
    mean = node("Div", [total, constant(np.array(float(len(trees))))])
    node("Cast", [mean], probabilities, to=guess_proto_type(operator.outputs[1].type))
    position = node("ArgMax", [mean], axis=1, keepdims=0)
    words = "values_strings" if isinstance(forest.classes_[0], str) else "values_int64s"
    names = {"keys_int64s": range(len(forest.classes_)), words: forest.classes_.tolist()}
    node("LabelEncoder", [position], label, op_domain=MACHINE_LEARNING, op_version=2, **names)


def set_output_shapes(operator: Any) -> None:
    """Set the outputs' shapes and give the probabilities the samples' type (a skl2onnx shape calculator)."""
    calculate_linear_classifier_output_shapes(operator)
    operator.outputs[1].type = type(operator.inputs[0].type)(operator.outputs[1].type.shape)


_KINDS = (DecisionTreeClassifier, ExtraTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)
CONVERTERS, SHAPES = dict.fromkeys(_KINDS, convert_forest), dict.fromkeys(_KINDS, set_output_shapes)


def _ensemble(trees: Sequence[Any]) -> dict[str, Any]:
    """Return the attributes of a TreeEnsembleRegressor whose targets are the trees, and whose values their leaves."""
    nodes = [np.arange(tree.node_count) for tree in trees]
    owners = np.repeat(np.arange(len(trees)), [tree.node_count for tree in trees])
    left, right, features, thresholds = (
        np.concatenate([getattr(tree, name) for tree in trees])
        for name in ("children_left", "children_right", "feature", "threshold")
    )
    leaf, identifiers = left == -1, np.concatenate(nodes)
    return {
        "n_targets": len(trees),
        "nodes_treeids": owners.tolist(),
        "nodes_nodeids": identifiers.tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values_as_tensor": _numbers(np.where(leaf, 0, thresholds)),
        "nodes_featureids": np.where(leaf, 0, features).tolist(),
        "nodes_truenodeids": np.where(leaf, 0, left).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, right).tolist(),
        "target_treeids": owners[leaf].tolist(),
        "target_nodeids": identifiers[leaf].tolist(),
        "target_ids": owners[leaf].tolist(),
        "target_weights_as_tensor": _numbers(identifiers[leaf]),
    }


def _numbers(values: NDArray[Any]) -> TensorProto:
    return numpy_helper.from_array(values.astype(np.float64))
