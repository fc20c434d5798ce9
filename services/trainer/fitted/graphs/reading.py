"""Reads an ONNX graph of which nothing is known."""

import re
from collections.abc import Iterator
from typing import Any

from onnx import ModelProto, TensorProto, checker, load_model_from_string

from services.trainer.fitted.errors import FittedError

# ONNX Runtime runs no older ones, and the nodes that are added need it.
LEAST_OPSET = 9
_TEXT = re.compile(rb"\s*(ir_version|producer_name|graph|opset_import|domain|<|\{)\s*[:{<\"]?")


def read_graph(content: bytes, name: str) -> ModelProto:
    """Return the model of the file `name`. Raises FittedError for anything but one whole graph in binary format."""
    try:
        model = load_model_from_string(content)
    except Exception as error:  # protobuf has errors of its own
        if _is_text(content):
            raise FittedError(f"{name} is ONNX as text; save it in the binary format, with onnx.save") from error
        raise FittedError(f"{name} is no ONNX file, or a part of one") from error
    if not model.ir_version or not model.graph.node or not model.graph.output:
        raise FittedError(f"{name} is no ONNX file: it has no graph")
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in _tensors(model)):
        raise FittedError(
            f"{name} names other files for its numbers; save it as one file, with onnx.save(..., save_as_external_data="
            "False)"
        )
    if (opset := opset_of(model)) < LEAST_OPSET:
        raise FittedError(f"{name} has opset {opset}, and {LEAST_OPSET} or newer is needed; convert it again")
    try:
        checker.check_model(model)
    except (checker.ValidationError, ValueError, RuntimeError) as error:
        raise FittedError(f"{name} is no valid ONNX graph: {_first_line(error)}") from error
    return model


def opset_of(model: ModelProto) -> int:
    """Return the version of the operators of a graph that are not of another domain."""
    return next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), LEAST_OPSET)


def _is_text(content: bytes) -> bool:
    return bool(_TEXT.match(content[:200]))


def _tensors(message: Any) -> Iterator[Any]:
    """Yield every tensor in a message: constants, attributes and those of graphs inside of graphs."""
    waiting = [message]
    while waiting:
        found = waiting.pop()
        if isinstance(found, TensorProto):
            yield found
            continue
        for field, value in found.ListFields():
            if field.message_type is None:
                continue
            waiting += [value] if hasattr(value, "ListFields") else list(value)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
