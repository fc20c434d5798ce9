"""Converters of transformers, in 64 bits."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures

from services.trainer.conversion.leaves import Nodes


class NotConvertible(Exception):
    """An estimator, or a setting of one, that has no converter."""


def convert_imputer(scope: Any, operator: Any, container: Any) -> None:
    """Add the node that puts each column's statistic in the place of NaN (a skl2onnx converter)."""
    imputer, nodes = operator.raw_operator, Nodes(scope, container)
    statistics = np.asarray(imputer.statistics_, np.float64)
    if imputer.indicator_ is not None or np.isnan(statistics).any() or not _is_nan(imputer.missing_values):
        raise NotConvertible("SimpleImputer with an indicator, a column of missing values alone, or another mark")
    samples = operator.inputs[0].full_name
    missing = nodes.add("IsNaN", [samples])
    nodes.add("Where", [missing, nodes.constant(statistics.reshape(1, -1)), samples], operator.outputs[0].full_name)


def convert_one_hot(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes that compare each column with its categories, of which one may be NaN (a skl2onnx converter)."""
    encoder, nodes = operator.raw_operator, Nodes(scope, container)
    if encoder._infrequent_enabled:
        raise NotConvertible("OneHotEncoder with min_frequency or max_categories")
    kept = _kept_categories(encoder)
    categories = np.concatenate(kept).astype(np.float64)
    positions = np.repeat(np.arange(len(kept)), [len(each) for each in kept])
    samples = nodes.add("Gather", [operator.inputs[0].full_name, nodes.constant(positions)], axis=1)
    found = nodes.add("Equal", [samples, nodes.constant(categories)])
    missing = nodes.add("And", [nodes.add("IsNaN", [samples]), nodes.constant(np.isnan(categories))])
    found = nodes.add("Or", [found, missing])
    nodes.add("Cast", [found], operator.outputs[0].full_name, to=TensorProto.DOUBLE)


def set_one_hot_shape(operator: Any) -> None:
    """Give the output a number for each category (a skl2onnx shape calculator)."""
    count = sum(map(len, _kept_categories(operator.raw_operator)))
    operator.outputs[0].type = DoubleTensorType([operator.inputs[0].type.shape[0], count])


def convert_function(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of a function of numpy (a skl2onnx converter)."""
    transformer, nodes = operator.raw_operator, Nodes(scope, container)
    kind = FUNCTIONS.get(transformer.func)
    if kind is None or transformer.kw_args:
        known = ", ".join(f"np.{function.__name__}" for function in FUNCTIONS if function)
        raise NotConvertible(f"FunctionTransformer of {transformer.func}; {known} have a converter")
    samples = operator.inputs[0].full_name
    if transformer.func is np.log1p:
        samples = nodes.add("Add", [samples, nodes.constant(np.array(1.0))])
    nodes.add(kind, [samples], operator.outputs[0].full_name)


def convert_polynomials(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes for the products of columns (a skl2onnx converter)."""
    nodes, samples = Nodes(scope, container), operator.inputs[0].full_name
    powers = operator.raw_operator.powers_
    # Each product as the columns that it is of, filled up with a column of ones after the last.
    factors = [np.repeat(np.arange(len(row)), row) for row in powers]
    columns = np.full((len(factors), max(map(len, factors), default=0) or 1), powers.shape[1])
    for row, found in zip(columns, factors, strict=True):
        row[: len(found)] = found
    first = nodes.add("Gather", [samples, nodes.constant(np.array([0]))], axis=1)
    zeros = nodes.add("Mul", [first, nodes.constant(np.array(0.0))])
    padded = nodes.add("Concat", [samples, nodes.add("Add", [zeros, nodes.constant(np.array(1.0))])], axis=1)
    product, *others = (nodes.add("Gather", [padded, nodes.constant(column)], axis=1) for column in columns.T)
    for other in others:
        product = nodes.add("Mul", [product, other])
    nodes.add("Identity", [product], operator.outputs[0].full_name)


def set_polynomial_shape(operator: Any) -> None:
    """Give the output the type of the input, and a column for each product (a skl2onnx shape calculator)."""
    given = operator.inputs[0].type
    operator.outputs[0].type = type(given)([given.shape[0], len(operator.raw_operator.powers_)])


def keep_shape(operator: Any) -> None:
    """Give the output the type and shape of the input (a skl2onnx shape calculator)."""
    given = operator.inputs[0].type
    operator.outputs[0].type = type(given)(given.shape)


def _kept_categories(encoder: OneHotEncoder) -> list[Any]:
    """Return the categories of each column without the one that is dropped."""
    dropped = [None] * len(encoder.categories_) if encoder.drop_idx_ is None else encoder.drop_idx_
    return [
        each if drop is None else np.delete(each, drop) for each, drop in zip(encoder.categories_, dropped, strict=True)
    ]


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and np.isnan(value)


FUNCTIONS: Mapping[Callable[..., Any] | None, str] = {
    None: "Identity",
    np.log1p: "Log",
    np.log: "Log",
    np.exp: "Exp",
    np.sqrt: "Sqrt",
    np.abs: "Abs",
}
CONVERTERS = {
    SimpleImputer: convert_imputer,
    OneHotEncoder: convert_one_hot,
    FunctionTransformer: convert_function,
    PolynomialFeatures: convert_polynomials,
}
SHAPES = {
    SimpleImputer: keep_shape,
    OneHotEncoder: set_one_hot_shape,
    FunctionTransformer: keep_shape,
    PolynomialFeatures: set_polynomial_shape,
}
