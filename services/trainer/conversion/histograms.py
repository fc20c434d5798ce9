"""The converters of histogram gradient boosting, in 64 bits, with missing values and categories.

skl2onnx's own computes in 32 bits, and knows no categories. scikit-learn encodes categories before its trees, which ask
whether a code is in a set. Here each such question becomes an input of its own: 0 if the row goes left, else 1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from services.trainer.conversion.forests import add_number, add_outputs, set_number_shape, set_output_shapes
from services.trainer.conversion.leaves import Nodes, Tree, add_leaf_values

_BITS = 32


def convert_histogram_boosting(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for label and probabilities (a skl2onnx converter); categories are codes from 0."""
    nodes = Nodes(scope, container)
    raw = _add_raw_predictions(nodes, operator)
    if len(operator.raw_operator._predictors[0]) > 1:
        return add_outputs(nodes, operator, nodes.add("Softmax", [raw], axis=1))
    second = nodes.add("Sigmoid", [raw])
    first = nodes.add("Sub", [nodes.constant(np.array(1.0)), second])
    return add_outputs(nodes, operator, nodes.add("Concat", [first, second], axis=1))


def convert_histogram_boosting_of_numbers(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for the number (a skl2onnx converter)."""
    model, nodes = operator.raw_operator, Nodes(scope, container)
    raw = _add_raw_predictions(nodes, operator)
    if model.loss in ("gamma", "poisson"):  # which have a logarithm as their link
        raw = nodes.add("Exp", [raw])
    add_number(nodes, operator, raw)


def _add_raw_predictions(nodes: Nodes, operator: Any) -> str:
    """Add the nodes for the sums of all trees, of shape (n, trees of a turn)."""
    model = operator.raw_operator
    samples = nodes.add("Cast", [operator.inputs[0].full_name], to=TensorProto.DOUBLE)
    questions = _Questions(model)
    trees = [questions.tree(predictor) for each in model._predictors for predictor in each]
    values = add_leaf_values(nodes, questions.add_inputs(nodes, samples), trees)
    shape = nodes.constant(np.array([-1, len(model._predictors), len(model._predictors[0])]))
    by_turn = nodes.add("Reshape", [values, shape])
    raw = nodes.add("ReduceSum", [by_turn, nodes.constant(np.array([1]))], keepdims=0)
    return nodes.add("Add", [raw, nodes.constant(np.asarray(model._baseline_prediction, np.float64).reshape(1, -1))])


class _Questions:
    """The inputs of the trees: the numbers, and an answer for each question about a category."""

    def __init__(self, model: Any) -> None:
        preprocessor = model._preprocessor
        self._encoded: list[NDArray[np.float64] | None] = [None] * model.n_features_in_
        self._columns = list(range(model.n_features_in_))
        if preprocessor is not None:
            taken = preprocessor._transformer_to_input_indices
            self._columns = [*taken["encoder"], *taken["numerical"]]
            categories = preprocessor.named_transformers_["encoder"].categories_
            self._encoded[: len(categories)] = list(categories)
        # For each question: the feature, and the answer for each known category, the last for a missing value.
        self._asked: list[tuple[int, NDArray[np.float64]]] = []

    def tree(self, predictor: Any) -> Tree:
        """Return a tree whose features are columns of the samples, or questions after them."""
        found = predictor.nodes
        features, thresholds = found["feature_idx"].astype(np.int64), found["num_threshold"].astype(np.float64)
        asks = (found["is_categorical"] == 1) & (found["is_leaf"] == 0)
        features = np.array([self._columns[feature] for feature in features])
        for node in np.flatnonzero(asks):
            bits = predictor.raw_left_cat_bitsets[found["bitset_idx"][node]]
            answers = self._answers(found["feature_idx"][node], bits, bool(found["missing_go_to_left"][node]))
            features[node], thresholds[node] = len(self._columns) + len(self._asked), 0.5
            self._asked.append((int(found["feature_idx"][node]), answers))
        left = np.where(found["is_leaf"], -1, found["left"].astype(np.int64))
        missing_left, values = found["missing_go_to_left"].astype(bool), found["value"].astype(np.float64)
        return Tree(left, found["right"].astype(np.int64), features, thresholds, missing_left, values)

    def add_inputs(self, nodes: Nodes, samples: str) -> str:
        """Add the nodes for the inputs of the trees, and return their name."""
        if not self._asked:
            return samples
        positions = {
            feature: _add_position(nodes, samples, self._columns[feature], self._known(feature))
            for feature, _ in self._asked
        }
        answers = [nodes.add("Gather", [nodes.constant(table), positions[feature]]) for feature, table in self._asked]
        return nodes.add("Concat", [samples, *answers], axis=1)

    def _answers(self, feature: int, bits: Sequence[int], missing_left: bool) -> NDArray[np.float64]:
        """Return 0 for each known category that goes left and 1 for each other; the last is for a missing one."""
        known = self._known(feature)
        left = [bool(int(bits[position // _BITS]) >> position % _BITS & 1) for position in range(len(known))]
        return np.array([0.0 if goes_left else 1.0 for goes_left in (*left, missing_left)])

    def _known(self, feature: int) -> NDArray[np.float64]:
        found = self._encoded[feature]
        return np.array([]) if found is None else found[~np.isnan(found)]


def _add_position(nodes: Nodes, samples: str, column: int, known: NDArray[np.float64]) -> str:
    """Add the nodes for the position of a category among the known ones; any other value is one beyond the last."""
    values = nodes.add("Gather", [samples, nodes.constant(np.array([column]))], axis=1)
    is_each = nodes.add("Equal", [values, nodes.constant(known.reshape(1, -1))])
    beyond = nodes.constant(np.array(len(known)))
    positions = nodes.constant(np.arange(len(known)).reshape(1, -1))
    found = nodes.add("Where", [is_each, positions, beyond])
    return nodes.add("ReduceMin", [found, nodes.constant(np.array([1]))], keepdims=1)


CONVERTERS = {
    HistGradientBoostingClassifier: convert_histogram_boosting,
    HistGradientBoostingRegressor: convert_histogram_boosting_of_numbers,
}
SHAPES = {
    HistGradientBoostingClassifier: set_output_shapes,
    HistGradientBoostingRegressor: set_number_shape,
}
