"""The leaf in which each tree has a row, as nodes of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

MACHINE_LEARNING, VERSION = "ai.onnx.ml", 3


class Nodes:
    """Adds nodes and constants to the graph of one estimator (in a skl2onnx converter)."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope, self._container = scope, container

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        output = output or self._scope.get_unique_variable_name(kind.lower())
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, list(inputs), [output], name=name, **attributes)
        return output

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant, and return its name."""
        name: str = self._scope.get_unique_variable_name("constant")
        self._container.initializers.append(numpy_helper.from_array(value, name))
        return name


@dataclass(frozen=True)
class Tree:
    """A binary tree of n nodes, each field of shape (n,).

    At a leaf, `left` is -1. Elsewhere a row goes left if its number `feature` is at most the `threshold`, or if it is
    NaN and `missing_left` is true. `values` has shape (n, ...).
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)


def add_leaf_values(nodes: Nodes, samples: str, trees: Sequence[Tree]) -> str:
    """Add nodes for the values of the leaves of `samples` (float64), and return the name: of shape (n, trees, ...)."""
    attributes = _ensemble(trees)
    leaves = nodes.add("TreeEnsembleRegressor", [samples], op_domain=MACHINE_LEARNING, op_version=VERSION, **attributes)
    table = nodes.constant(np.concatenate([tree.values for tree in trees]))
    offsets = nodes.constant(np.cumsum([0, *(len(tree) for tree in trees[:-1])]))
    rows = nodes.add("Add", [nodes.add("Cast", [leaves], to=TensorProto.INT64), offsets])
    return nodes.add("Gather", [table, rows])


def _ensemble(trees: Sequence[Tree]) -> dict[str, Any]:
    """Return the attributes of a TreeEnsembleRegressor whose targets are the trees, and whose values their leaves."""
    identifiers = np.concatenate([np.arange(len(tree)) for tree in trees])
    owners = np.repeat(np.arange(len(trees)), [len(tree) for tree in trees])
    left, right, features, thresholds, missing_left = (
        np.concatenate([getattr(tree, name) for tree in trees])
        for name in ("left", "right", "feature", "threshold", "missing_left")
    )
    leaf = left == -1
    return {
        "n_targets": len(trees),
        "nodes_treeids": owners.tolist(),
        "nodes_nodeids": identifiers.tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values_as_tensor": _numbers(np.where(leaf, 0, thresholds)),
        "nodes_featureids": np.where(leaf, 0, features).tolist(),
        "nodes_truenodeids": np.where(leaf, 0, left).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, right).tolist(),
        "nodes_missing_value_tracks_true": np.where(leaf, 0, missing_left).astype(np.int64).tolist(),
        "target_treeids": owners[leaf].tolist(),
        "target_nodeids": identifiers[leaf].tolist(),
        "target_ids": owners[leaf].tolist(),
        "target_weights_as_tensor": _numbers(identifiers[leaf]),
    }


def _numbers(values: NDArray[Any]) -> TensorProto:
    return numpy_helper.from_array(values.astype(np.float64))
