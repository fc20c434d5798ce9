"""The outputs of a graph, from the labels and results of its parts: `label0`, `result0` and so on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper

from petalstream.model.graph import CLASSES, NUMBERS, PROBABILITIES, VOTES
from petalstream.model.inference import gives_probabilities, is_vote, last_step, voters, weights


class Outputs(NamedTuple):
    """The nodes for the outputs, the constants that these need by name, and the outputs themselves."""

    nodes: list[NodeProto]
    constants: Mapping[str, NDArray[Any]]
    values: list[ValueInfoProto]


def number_outputs() -> Outputs:
    """Return the output of a model of numbers."""
    value = helper.make_tensor_value_info(NUMBERS, TensorProto.DOUBLE, ["n"])
    return Outputs([helper.make_node("Reshape", ["result0", "column"], [NUMBERS])], {"column": np.array([-1])}, [value])


def class_outputs(estimator: Any, threshold: Mapping[int, float]) -> Outputs:
    """Return the outputs of a classifier: classes, probabilities if it has some, and votes if it is a vote."""
    has_probabilities, count = gives_probabilities(estimator), len(voters(estimator))
    values = [helper.make_tensor_value_info(CLASSES, TensorProto.INT64, ["n"])]
    if has_probabilities:
        labels = len(last_step(estimator).classes_)
        values.append(helper.make_tensor_value_info(PROBABILITIES, TensorProto.DOUBLE, ["n", labels]))
    if is_vote(estimator):
        values.append(helper.make_tensor_value_info(VOTES, TensorProto.INT64, ["n", count]))
        return Outputs(*_vote_counts(estimator, count), values)
    return Outputs(*_label_positions(has_probabilities, threshold), values)


def _label_positions(
    has_probabilities: bool, threshold: Mapping[int, float]
) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Return the nodes that name the outputs; labels are positions already, or follow from the `threshold` of one."""
    nodes = [helper.make_node("Identity", ["result0"], [PROBABILITIES])] if has_probabilities else []
    for position, least in threshold.items():
        constants = {"position": np.array(position), "least": np.array(least)}
        return [
            *nodes,
            helper.make_node("Gather", ["result0", "position"], ["probability"], axis=1),
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
