"""Converters of support vector regression, in 64 bits: ONNX Runtime has a node for it in 32 bits alone."""

from typing import Any

import numpy as np
from sklearn.svm import SVR, NuSVR

from services.trainer.conversion.leaves import Nodes
from services.trainer.conversion.transformers import NotConvertible


def convert_regression(scope: Any, operator: Any, container: Any) -> None:
    """Add the weighted sum of the kernel between each row and each support vector (a skl2onnx converter)."""
    machine, nodes = operator.raw_operator, Nodes(scope, container)
    kernel = _kernel(nodes, operator.inputs[0].full_name, machine)
    weighted = nodes.add("MatMul", [kernel, nodes.constant(np.asarray(machine.dual_coef_, np.float64).T)])
    nodes.add("Add", [weighted, nodes.constant(machine.intercept_)], operator.outputs[0].full_name)


def _kernel(nodes: Nodes, samples: str, machine: Any) -> str:
    """Add the kernel function, and return its name (https://scikit-learn.org/stable/modules/svm.html#kernel-functions)."""
    vectors, gamma = np.asarray(machine.support_vectors_, np.float64), nodes.constant(np.array(machine._gamma))
    products = nodes.add("MatMul", [samples, nodes.constant(vectors.T)])
    if machine.kernel == "linear":
        return products
    if machine.kernel == "rbf":
        squares = nodes.add("ReduceSumSquare", [samples, nodes.constant(np.array([1]))], keepdims=1)
        sums = nodes.add("Add", [squares, nodes.constant((vectors**2).sum(axis=1))])
        twice = nodes.add("Mul", [products, nodes.constant(np.array(2.0))])
        distances = nodes.add("Mul", [nodes.add("Sub", [twice, sums]), gamma])
        return nodes.add("Exp", [distances])
    shifted = nodes.add("Add", [nodes.add("Mul", [products, gamma]), nodes.constant(np.array(machine.coef0, float))])
    if machine.kernel == "poly":
        return nodes.add("Pow", [shifted, nodes.constant(np.array(machine.degree, float))])
    if machine.kernel == "sigmoid":
        return nodes.add("Tanh", [shifted])
    raise NotConvertible(f"{type(machine).__name__} with a kernel of its own")


CONVERTERS = {SVR: convert_regression, NuSVR: convert_regression}
SHAPES: dict[type, Any] = {}
