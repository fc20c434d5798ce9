"""Which inputs and outputs of a graph are what: a matrix or columns; labels, probabilities or numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto

from services.trainer.fitted.errors import FittedError

FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
WHOLE = (TensorProto.INT64, TensorProto.INT32, TensorProto.INT16, TensorProto.INT8, TensorProto.UINT8, TensorProto.BOOL)
_CLASS_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")


@dataclass(frozen=True)
class Slot:
    """An input or output: its type (of TensorProto) and its dimensions, None for one of any size."""

    name: str
    type: int
    shape: tuple[int | None, ...]

    @property
    def width(self) -> int | None:
        """Return the number of columns: 1 for a vector."""
        return 1 if len(self.shape) == 1 else self.shape[-1]


@dataclass(frozen=True)
class Layout:
    """The inputs of a graph and its outputs: the label and the probabilities, of which one may lack, or the numbers.

    `labels` are those that the graph names, in the order of the probabilities, as texts or whole numbers.
    """

    inputs: Sequence[Slot]
    label: Slot | None
    probabilities: Slot | None
    numbers: Slot | None
    labels: Sequence[Any] | None

    @property
    def is_matrix(self) -> bool:
        """Return whether one input takes all columns."""
        return len(self.inputs) == 1 and self.inputs[0].width != 1


def find_layout(model: ModelProto, name: str) -> Layout:
    """Return the layout of the graph of the file `name`. Raises FittedError for one that cannot be served."""
    constants = {each.name for each in model.graph.initializer}
    inputs = [_slot(each, name) for each in model.graph.input if each.name not in constants]
    _check_inputs(inputs, name)
    zip_map = find_zip_map(model)
    outputs = [_slot(each, name) for each in model.graph.output if not each.type.HasField("sequence_type")]
    outputs = [each for each in outputs if len(each.shape) in (1, 2)]
    floats = [each for each in outputs if each.type in FLOATS]
    named = next((each for each in outputs if each.type in (TensorProto.STRING, TensorProto.INT64)), None)
    if zip_map is not None:
        given: Slot | None = Slot(zip_map.input[0], TensorProto.FLOAT, (None, None))
    elif named is not None or (len(floats) == 1 and floats[0].width != 1):
        given = next((each for each in floats if each.width != 1), None)
    else:
        given = None
    if named is not None or given is not None:
        return Layout(inputs, named, given, None, _class_labels(model, zip_map))
    if len(floats) != 1:
        listed = ", ".join(each.name for each in model.graph.output)
        raise FittedError(f"{name} gives {listed}; labels, with or without probabilities, or one number are expected")
    return Layout(inputs, None, None, floats[0], None)


def find_zip_map(model: ModelProto) -> NodeProto | None:
    """Return the node that makes a list of maps of the probabilities, as skl2onnx writes it."""
    outputs = {each.name for each in model.graph.output}
    return next((node for node in model.graph.node if node.op_type == "ZipMap" and outputs & set(node.output)), None)


def _slot(value: Any, name: str) -> Slot:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        raise FittedError(f"{name}: {value.name} is no tensor")
    dims = tensor.shape.dim if tensor.HasField("shape") else [None, None]
    shape = tuple(dim.dim_value if dim is not None and dim.HasField("dim_value") else None for dim in dims)
    # Some makers write 0 where the size is open.
    return Slot(value.name, tensor.elem_type, tuple(size or None for size in shape))


def _check_inputs(inputs: Sequence[Slot], name: str) -> None:
    """Raise FittedError unless there is one matrix of numbers, or a number or text for each column."""
    if not inputs:
        raise FittedError(f"{name} has no input")
    for each in inputs:
        if len(each.shape) not in (1, 2):
            raise FittedError(f"{name}: {each.name} has {len(each.shape)} dimensions; rows of columns are expected")
        if each.shape[0] is not None:
            raise FittedError(f"{name} takes {each.shape[0]} rows at once; any number is expected")
        if each.type not in (*FLOATS, *WHOLE, TensorProto.STRING):
            raise FittedError(f"{name}: {each.name} takes {TensorProto.DataType.Name(each.type)}; numbers or texts are")
    if len(inputs) == 1 and inputs[0].width != 1 and inputs[0].type == TensorProto.STRING:
        raise FittedError(f"{name} takes a matrix of texts; one input for each column is expected")
    if len(inputs) > 1 and any(each.width != 1 for each in inputs):
        wide = next(each.name for each in inputs if each.width != 1)
        raise FittedError(f"{name}: {wide} takes several columns; one matrix or one input for each column is expected")


def _class_labels(model: ModelProto, zip_map: NodeProto | None) -> Sequence[Any] | None:
    """Return the labels that a node names, those of the last one if there are several."""
    nodes = [*model.graph.node] if zip_map is None else [zip_map]
    for node in reversed(nodes):
        for attribute in node.attribute:
            if attribute.name in _CLASS_LABELS and (attribute.strings or attribute.ints):
                return [each.decode("utf-8", "replace") for each in attribute.strings] or list(attribute.ints)
    return None
