"""Converts a fitted estimator to the ONNX model that petalstream.model.graph opens."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, compose, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from petalstream.features import Feature
from petalstream.model.graph import CLASSES, PROBABILITIES, SAMPLES, VOTES
from petalstream.model.inference import gives_probabilities, is_vote, last_step, steps_before, weights
from services.trainer.conversion import boosting, forests, histograms, leaves, linear, transformers
from services.trainer.conversion.columns import for_matrix
from services.trainer.evaluation.threshold import find_threshold

OPSETS = {"": 21, leaves.MACHINE_LEARNING: leaves.VERSION}
OWN = (boosting, forests, histograms, linear, transformers)
CONVERTERS = {kind: convert for own in OWN for kind, convert in own.CONVERTERS.items()}
SHAPES = {kind: shape for own in OWN for kind, shape in own.SHAPES.items()}
IR_VERSION = 10  # the one that was released with this opset


def convert(estimator: Any, features: Sequence[Feature]) -> bytes:
    """Return the ONNX model of an estimator with these inputs; the same estimator gives the same bytes.

    May raise any exception for an estimator that skl2onnx cannot convert.
    """
    threshold = find_threshold(estimator, range(2))
    inputs, estimator = len(features), for_matrix(_without_threshold(estimator) if threshold else estimator, features)
    vote, has_probabilities = is_vote(estimator), gives_probabilities(estimator)
    parts = [_convert_part(each, inputs) for each in (_voters(estimator) if vote else [estimator])]
    labels = len(last_step(estimator).classes_)
    outputs = [helper.make_tensor_value_info(CLASSES, TensorProto.INT64, ["n"])]
    if has_probabilities:
        outputs.append(helper.make_tensor_value_info(PROBABILITIES, TensorProto.DOUBLE, ["n", labels]))
    if vote:
        outputs.append(helper.make_tensor_value_info(VOTES, TensorProto.INT64, ["n", len(parts)]))
    nodes, constants = _merge(parts)
    own_nodes, own_constants = (
        _vote_counts(estimator, len(parts)) if vote else _label_positions(has_probabilities, threshold)
    )
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
    if isinstance(last, VotingClassifier):
        last = copy(last)
        last.flatten_transform = False  # skl2onnx converts no other value, and takes weights only as an array
        last.weights = None if last.weights is None else np.array(weights(last))
        before = steps_before(estimator)
        estimator = Pipeline([*before, ("vote", last)]) if before else last
    part: ModelProto = convert_sklearn(
        estimator,
        initial_types=[(SAMPLES, DoubleTensorType([None, inputs]))],
        options=None if isinstance(last, LinearSVC) else {"zipmap": False},  # of LinearSVC it is unknown
        target_opset=OPSETS,
        custom_conversion_functions=CONVERTERS,
        custom_shape_calculators=SHAPES,
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


def _without_threshold(estimator: Any) -> Any:
    """Return the estimator whose probabilities the threshold is for, in a Pipeline with the steps before it."""
    before, inner = steps_before(estimator), last_step(estimator).estimator_
    return Pipeline([*before, ("inner", inner)]) if before else inner


def _label_positions(
    has_probabilities: bool, threshold: Mapping[int, float]
) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Return the nodes that name the outputs; labels are positions already, or follow from the `threshold` of one."""
    nodes = [helper.make_node("Identity", ["probabilities0"], [PROBABILITIES])] if has_probabilities else []
    for position, least in threshold.items():
        constants = {"position": np.array(position), "least": np.array(least)}
        return [
            *nodes,
            helper.make_node("Gather", ["probabilities0", "position"], ["probability"], axis=1),
            helper.make_node("GreaterOrEqual", ["probability", "least"], ["is enough"]),
            helper.make_node("Where", ["is enough", "position", "other position"], [CLASSES]),
        ], {**constants, "other position": np.array(1 - position)}
    nodes.append(helper.make_node("Reshape", ["label0", "column"], [CLASSES]))
    return nodes, {"column": np.array([-1])}


def _vote_counts(estimator: Any, voters: int) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Return the nodes that count votes as petalstream.model.inference does; the voters' labels are positions."""
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
