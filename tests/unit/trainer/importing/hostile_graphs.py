"""ONNX files that harm whoever runs them, or cannot be served."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.unit.trainer.importing.models import softmax_graph
from tests.unit.trainer.importing.saving import Make, saved


def _graph(change: Callable[[Any, Path], None]) -> Make:
    """An ONNX file that is valid until `change` has changed it."""

    def content(folder: Path) -> bytes:
        from onnx import load_model_from_string

        model = load_model_from_string(softmax_graph(np.ones((4, 3)), np.zeros(3)))
        change(model, folder)
        return bytes(model.SerializeToString())

    return saved("model.onnx", content)


def _outside(location: str) -> Make:
    def change(model: Any, folder: Path) -> None:
        (folder / "secret").write_bytes(bytes(48))
        _externalise(model.graph.initializer[0], location)

    return _graph(change)


def _externalise(tensor: Any, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location


def _outside_of_a_branch(model: Any, folder: Path) -> None:
    inner = numpy_helper.from_array(np.zeros((4, 3), np.float32), "inner")
    _externalise(inner, "/etc/passwd")
    branch = helper.make_graph(
        [helper.make_node("Identity", ["inner"], ["chosen"])],
        "branch",
        [],
        [helper.make_tensor_value_info("chosen", TensorProto.FLOAT, [4, 3])],
        [inner],
    )
    model.graph.node.insert(0, helper.make_node("If", ["is"], ["unused"], then_branch=branch, else_branch=branch))
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "is"))


def _endless(model: Any, folder: Path) -> None:
    """Have the graph repeat something 2^63 - 1 times."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["last"], ["next"])],
        "body",
        [
            helper.make_tensor_value_info("count", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("last", TensorProto.FLOAT, [3]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [3]),
        ],
    )
    model.graph.initializer.append(numpy_helper.from_array(np.array(2**63 - 1), "times"))
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "first"))
    model.graph.node.insert(0, helper.make_node("Loop", ["times", "first", "bias"], ["turned"], body=body))
    model.graph.node[1].input[2] = "turned"


def _huge_constant(model: Any, folder: Path) -> None:
    model.graph.initializer[0].dims[:] = [4, 10**12]


def _huge_output(model: Any, folder: Path) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.array([10**7, 10**6]), "size"))
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["size"], ["much"]))
    model.graph.node.insert(1, helper.make_node("ReduceSum", ["much"], ["sum"]))
    model.graph.node.insert(2, helper.make_node("Add", ["bias", "sum"], ["more"]))
    model.graph.node[3].input[2] = "more"


def _unknown_operator(model: Any, folder: Path) -> None:
    model.graph.node[1].op_type, model.graph.node[1].domain = "Mystery", "of.nobody"
    model.opset_import.append(helper.make_opsetid("of.nobody", 1))


def _one_row(model: Any, folder: Path) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def _old(model: Any, folder: Path) -> None:
    model.opset_import[0].version = 7


def _as_text(folder: Path) -> bytes:
    from onnx import load_model_from_string

    return str(load_model_from_string(softmax_graph(np.ones((4, 3)), np.zeros(3)))).encode()


GRAPHS: dict[str, tuple[Make, str]] = {
    "ONNX with numbers in /etc/passwd": (_outside("/etc/passwd"), "names other files for its numbers"),
    "ONNX with numbers above its folder": (_outside("../../secret"), "names other files for its numbers"),
    "ONNX with numbers beside it": (_outside("secret"), "names other files for its numbers"),
    "ONNX with numbers elsewhere in a branch": (_graph(_outside_of_a_branch), "names other files for its numbers"),
    "ONNX with a huge constant": (_graph(_huge_constant), "is no valid ONNX graph"),
    "ONNX that makes a huge tensor": (_graph(_huge_output), "cannot be run by ONNX Runtime"),
    # Of 60 s of its own and 120 s of the clock, whichever end first: on a busy machine that is the clock.
    "ONNX without end": (_graph(_endless), " s for 100 rows"),
    "ONNX with an unknown operator": (_graph(_unknown_operator), "cannot be run by ONNX Runtime"),
    "ONNX for one row": (_graph(_one_row), "takes 1 rows at once; any number is expected"),
    "ONNX of an old version": (_graph(_old), "has opset 7, and 9 or newer is needed"),
    "ONNX as text": (saved("model.onnx", _as_text), "is ONNX as text; save it in the binary format"),
    "half an ONNX file": (
        saved("model.onnx", lambda _: softmax_graph(np.ones((4, 3)), np.zeros(3))[:90]),
        "is no ONNX file, or a part of one",
    ),
}
