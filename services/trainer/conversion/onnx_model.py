"""Converts a fitted estimator to the ONNX model that petalstream.graph opens."""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, compose, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier, VotingClassifier
from sklearn.pipeline import Pipeline

from petalstream.graph import CLASSES, PROBABILITIES, SAMPLES, VOTES
from petalstream.inference import is_vote, last_step, steps_before, weights
from services.trainer.conversion import forests

OPSETS = {"": 21, forests.MACHINE_LEARNING: forests.VERSION}
IR_VERSION = 10  # the one that was released with this opset


def convert(estimator: Any, inputs: int) -> bytes:
    """Return the ONNX model of an estimator with so many inputs; the same estimator gives the same bytes.

    May raise any exception for an estimator that skl2onnx cannot convert.
    """
    vote = is_vote(estimator)
    parts = [_convert_part(each, inputs) for each in (_voters(estimator) if vote else [estimator])]
    labels = len(last_step(estimator).classes_)
    outputs = [
        helper.make_tensor_value_info(CLASSES, TensorProto.INT64, ["n"]),
        helper.make_tensor_value_info(PROBABILITIES, TensorProto.DOUBLE, ["n", labels]),
    ]
    if vote:
        outputs.append(helper.make_tensor_value_info(VOTES, TensorProto.INT64, ["n", len(parts)]))
    nodes, constants = _merge(parts)
    own_nodes, own_constants = _vote_counts(estimator, len(parts)) if vote else _label_positions(estimator)
    graph = helper.make_graph(
        [*nodes, *own_nodes],
        "model",
        [helper.make_tensor_value_info(SAMPLES, TensorProto.DOUBLE, ["n", inputs])],
        outputs,
        [*constants, *(numpy_helper.from_array(value, name) for name, value in own_constants.items())],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _voters(estimator: Any) -> Iterator[Any]:
    """Yield each fitted voter of a majority vote, in a Pipeline with the steps before the vote if there are some."""
    before = steps_before(estimator)
    for voter in last_step(estimator).estimators_:
        yield Pipeline([*before, ("voter", voter)]) if before else voter


def _convert_part(estimator: Any, inputs: int) -> ModelProto:
    """Return the ONNX model of one estimator; its outputs are labels and probabilities."""
    last = last_step(estimator)
    # scikit-learn computes in 64 bits, except in trees. skl2onnx converts gradient boosting only in 32 bits.
    kind = FloatTensorType if isinstance(last, GradientBoostingClassifier) else DoubleTensorType
    if isinstance(last, VotingClassifier):
        last = copy(last)
        last.flatten_transform = False  # skl2onnx converts no other value, and takes weights only as an array
        last.weights = None if last.weights is None else np.array(weights(last))
        before = steps_before(estimator)
        estimator = Pipeline([*before, ("vote", last)]) if before else last
    part: ModelProto = convert_sklearn(
        estimator,
        initial_types=[(SAMPLES, kind([None, inputs]))],
        options={"zipmap": False},
        target_opset=OPSETS,
        custom_conversion_functions=forests.CONVERTERS,
        custom_shape_calculators=forests.SHAPES,
    )
    return part


def _merge(parts: Sequence[ModelProto]) -> tuple[list[NodeProto], list[TensorProto]]:
    """Return nodes and constants of all parts, with the part's number before each name; all take the same samples."""
    nodes, constants = [], []
    for number, part in enumerate(parts):
        own = compose.add_prefix(part, str(number)).graph
        (taken,), (label, probabilities) = own.input, own.output
        width = taken.type.tensor_type.elem_type
        nodes += [helper.make_node("Cast", [SAMPLES], [taken.name], to=width), *own.node]
        nodes.append(helper.make_node("Identity", [label.name], [f"label{number}"]))
        nodes.append(helper.make_node("Cast", [probabilities.name], [f"probabilities{number}"], to=TensorProto.DOUBLE))
        constants += own.initializer
    return nodes, constants


def _label_positions(estimator: Any) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Return the nodes that turn a label into its position."""
    labels = last_step(estimator).classes_.tolist()
    positions = {"keys_strings": labels, "values_int64s": range(len(labels)), "domain": forests.MACHINE_LEARNING}
    return [
        helper.make_node("LabelEncoder", ["label0"], [CLASSES], **positions),
        helper.make_node("Identity", ["probabilities0"], [PROBABILITIES]),
    ], {}


def _vote_counts(estimator: Any, voters: int) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Return the nodes that count votes, as petalstream.inference does; the voters' labels are positions already."""
    vote = last_step(estimator)
    each = np.array(weights(vote) or [1.0] * voters, np.float64)
    constants = {
        "column": np.array([-1, 1]),
        "labels": np.arange(len(vote.classes_)),
        "weights": each[:, np.newaxis],
        "weight": each.sum(),
        "axis of labels": np.array([2]),
        "axis of voters": np.array([1]),
    }
    columns = [helper.make_node("Reshape", [f"label{number}", "column"], [f"vote{number}"]) for number in range(voters)]
    return [
        *columns,
        helper.make_node("Concat", [f"vote{number}" for number in range(voters)], [VOTES], axis=1),
        helper.make_node("Unsqueeze", [VOTES, "axis of labels"], ["cast"]),
        helper.make_node("Equal", ["cast", "labels"], ["for a label"]),
        helper.make_node("Cast", ["for a label"], ["one or none"], to=TensorProto.DOUBLE),
        helper.make_node("Mul", ["one or none", "weights"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "axis of voters"], ["sums"], keepdims=0),
        helper.make_node("Div", ["sums", "weight"], [PROBABILITIES]),
        helper.make_node("ArgMax", [PROBABILITIES], [CLASSES], axis=1, keepdims=0),
    ], constants
