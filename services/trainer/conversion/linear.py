"""The converter of linear classifiers that skl2onnx has none for in 64 bits, or one with other probabilities."""

from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.linear_model import Perceptron, RidgeClassifier, RidgeClassifierCV, SGDClassifier
from sklearn.svm import LinearSVC

from petalstream.model.inference import gives_probabilities
from services.trainer.conversion.forests import add_outputs, set_output_shapes
from services.trainer.conversion.leaves import Nodes
from services.trainer.conversion.transformers import NotConvertible

# The exponential function of less than this is 0 in 64 bits.
LEAST_EXPONENT = -745.13


def convert_linear(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for label and probabilities, or for label and scores (a skl2onnx converter).

    Probabilities are those of log_loss: logistic functions of the scores, divided by their sum.
    """
    model, nodes = operator.raw_operator, Nodes(scope, container)
    if gives_probabilities(model) and getattr(model, "loss", "") != "log_loss":
        raise NotConvertible(f"the probabilities of {type(model).__name__}(loss={model.loss!r})")
    coefficients, intercepts = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_).reshape(1, -1)
    samples = nodes.add("Cast", [operator.inputs[0].full_name], to=TensorProto.DOUBLE)
    products = nodes.add("MatMul", [samples, nodes.constant(coefficients.astype(np.float64))])
    scores = nodes.add("Add", [products, nodes.constant(intercepts.astype(np.float64))])
    if len(model.classes_) == 2:
        scores = nodes.add("Concat", [nodes.add("Neg", [scores]), scores], axis=1)
    if not gives_probabilities(model):
        return add_outputs(nodes, operator, scores)
    return add_outputs(nodes, operator, _add_shares(nodes, scores, len(model.classes_)), scores)


def _add_shares(nodes: Nodes, scores: str, labels: int) -> str:
    """Add the nodes for the logistic functions of the scores, divided by their sum, and return their name.

    They are computed from their logarithms, as ONNX Runtime's Sigmoid is 0 for scores for which scikit-learn's is not.
    Where scikit-learn's is 0 for each label, it gives each the same probability.
    """
    zero = nodes.constant(np.array(0.0))
    small = nodes.add("Exp", [nodes.add("Neg", [nodes.add("Abs", [scores])])])
    logarithm = nodes.add("Log", [nodes.add("Add", [small, nodes.constant(np.array(1.0))])])
    shares = nodes.add("Softmax", [nodes.add("Sub", [nodes.add("Min", [scores, zero]), logarithm])], axis=1)
    highest = nodes.add("ReduceMax", [scores, nodes.constant(np.array([1]))], keepdims=1)
    vanishes = nodes.add("Less", [highest, nodes.constant(np.array(LEAST_EXPONENT))])
    return nodes.add("Where", [vanishes, nodes.constant(np.array(1 / labels)), shares])


KINDS = (LinearSVC, Perceptron, RidgeClassifier, RidgeClassifierCV, SGDClassifier)
CONVERTERS, SHAPES = dict.fromkeys(KINDS, convert_linear), dict.fromkeys(KINDS, set_output_shapes)
