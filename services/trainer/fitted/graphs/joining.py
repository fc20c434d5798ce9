"""Joins a graph of any maker to the inputs and outputs of petalstream.model.graph. Its own nodes stay as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper

from petalstream.features import Feature
from petalstream.model.graph import CLASSES, NUMBERS, PROBABILITIES, SAMPLES
from services.trainer.fitted.graphs.layout import Layout, find_zip_map

MACHINE_LEARNING = "ai.onnx.ml"
PREFIX = "fitted/"
# LabelEncoder takes lists of keys and values from it on, and only a list of texts before.
_KEYS_AND_VALUES = 2


class Joint:
    """The nodes and constants that are added to a graph whose machine-learning operators are of version `version`."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node and return its output."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: Any) -> str:
        """Add a constant and return its name."""
        self.constants[name] = np.asarray(value)
        return name

    def encode(self, source: str, output: str, texts: Sequence[str], to_text: bool) -> str:
        """Add a node that turns positions into `texts`, or texts into positions: -1 for any other text."""
        if self.version < _KEYS_AND_VALUES:
            return self.add("LabelEncoder", [source], output, domain=MACHINE_LEARNING, classes_strings=list(texts))
        ways = {"keys_int64s": range(len(texts)), "values_strings": texts}
        back = {"keys_strings": texts, "values_int64s": range(len(texts))}
        lists = {name: list(values) for name, values in (ways if to_text else back).items()}
        return self.add("LabelEncoder", [source], output, domain=MACHINE_LEARNING, **lists)


def join(model: ModelProto, layout: Layout, features: Sequence[Feature], order: Mapping[Any, int]) -> bytes:
    """Return the graph that takes `samples` and gives `classes` and `probabilities`, or `numbers`.

    `order` has for each label that the graph predicts, in the order of its probabilities, the position among the
    labels of the definition.
    """
    zip_map = find_zip_map(model)
    zipped = [*zip_map.output] if zip_map else []
    ours = compose.add_prefix(model, PREFIX)
    versions = {each.domain: each.version for each in ours.opset_import}
    before, after = (
        Joint(versions.get(MACHINE_LEARNING, _KEYS_AND_VALUES)),
        Joint(versions.get(MACHINE_LEARNING, _KEYS_AND_VALUES)),
    )
    _add_inputs(before, layout, features)
    outputs = _add_outputs(after, layout, order)
    graph = ours.graph
    own = [node for node in graph.node if PREFIX + (zipped or ["-"])[0] not in node.output]
    names = {PREFIX + each.name for each in layout.inputs}
    kept = [each for each in graph.input if each.name not in names]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend([*before.nodes, *own, *after.nodes])
    taken = helper.make_tensor_value_info(SAMPLES, TensorProto.DOUBLE, ["n", len(features)])
    # Files of old versions list the constants as inputs too.
    graph.input.extend([taken, *kept])
    graph.output.extend(outputs)
    for name, value in {**before.constants, **after.constants}.items():
        graph.initializer.append(numpy_helper.from_array(value, name))
    if MACHINE_LEARNING not in versions:
        ours.opset_import.append(helper.make_opsetid(MACHINE_LEARNING, _KEYS_AND_VALUES))
    return bytes(ours.SerializeToString(deterministic=True))


def _add_inputs(joint: Joint, layout: Layout, features: Sequence[Feature]) -> None:
    """Add the nodes between `samples`, of shape (n, inputs), and the inputs of the graph."""
    if layout.is_matrix:
        joint.add("Cast", [SAMPLES], PREFIX + layout.inputs[0].name, to=layout.inputs[0].type)
        return
    columns = {feature.name: column for column, feature in enumerate(features)}
    for number, slot in enumerate(layout.inputs):
        at = columns[slot.name] if len(columns) > 1 else 0
        source = joint.add("Gather", [SAMPLES, joint.constant(f"at{number}", [at])], f"column{number}", axis=1)
        if len(slot.shape) == 1:
            flat = joint.constant("flat", [-1])
            source = joint.add("Reshape", [source, flat], f"vector{number}")
        if slot.type != TensorProto.STRING:
            joint.add("Cast", [source], PREFIX + slot.name, to=slot.type)
            continue
        # A choice that is missing is NaN, which no whole number is.
        joint.add("IsNaN", [source], f"lacks{number}")
        source = joint.add("Where", [f"lacks{number}", joint.constant("none", -1.0), source], f"code{number}")
        source = joint.add("Cast", [source], f"position{number}", to=TensorProto.INT64)
        joint.encode(source, PREFIX + slot.name, features[at].options, to_text=True)


def _add_outputs(joint: Joint, layout: Layout, order: Mapping[Any, int]) -> list[Any]:
    """Add the nodes after the outputs of the graph, and return those of the joined one."""
    flat = joint.constant("column", [-1])
    if layout.numbers is not None:
        source = joint.add("Cast", [PREFIX + layout.numbers.name], "numbers in 64 bits", to=TensorProto.DOUBLE)
        joint.add("Reshape", [source, flat], NUMBERS)
        return [helper.make_tensor_value_info(NUMBERS, TensorProto.DOUBLE, ["n"])]
    values = [helper.make_tensor_value_info(CLASSES, TensorProto.INT64, ["n"])]
    if layout.probabilities is not None:
        # The column of each label of the definition.
        columns = [column for column, _ in sorted(enumerate(order.values()), key=lambda pair: pair[1])]
        source = PREFIX + layout.probabilities.name
        source = joint.add("Gather", [source, joint.constant("columns", columns)], "in order", axis=1)
        joint.add("Cast", [source], PROBABILITIES, to=TensorProto.DOUBLE)
        values.append(helper.make_tensor_value_info(PROBABILITIES, TensorProto.DOUBLE, ["n", len(order)]))
    _add_classes(joint, layout, order, flat)
    return values


def _add_classes(joint: Joint, layout: Layout, order: Mapping[Any, int], flat: str) -> None:
    """Add the nodes that turn the graph's label into the position of a label; without a label, the likeliest one."""
    if layout.label is None:
        joint.add("ArgMax", [PROBABILITIES], CLASSES, axis=1, keepdims=0)
        return
    by_position = sorted(order, key=lambda label: order[label])
    if layout.label.type == TensorProto.STRING:
        source = joint.add("Reshape", [PREFIX + layout.label.name, flat], "label")
        joint.encode(source, CLASSES, by_position, to_text=False)
        return
    source = joint.add("Reshape", [PREFIX + layout.label.name, joint.constant("one column", [-1, 1])], "label")
    joint.add("Equal", [source, joint.constant("known", np.array(by_position, np.int64))], "is it")
    joint.add("Cast", ["is it"], "one or none", to=TensorProto.FLOAT)
    joint.add("ArgMax", ["one or none"], CLASSES, axis=1, keepdims=0)
