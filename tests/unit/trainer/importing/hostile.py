"""Files that harm whoever opens them without care, or are none that can be imported."""

import bz2
import gzip
import io
import json
import os
import pickle
import socket
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import skops.io
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import get_data_home
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.unit.trainer.importing.models import flowers, mlflow_folder, softmax_graph

MARKER = "marker"
Make = Callable[[Path], Path]


class Calls:
    """Calls a function with arguments when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def _file(name: str, content: Callable[[Path], bytes]) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content(folder))
        return path

    return make


def _calls(function: Callable[..., Any], *arguments: Any, protocol: int = 4) -> Make:
    """A pickle that calls a function; MARKER in a text is the path of a file that must never be there."""

    def content(folder: Path) -> bytes:
        named = [each.replace(MARKER, str(folder / MARKER)) if isinstance(each, str) else each for each in arguments]
        return pickle.dumps(Calls(function, *named), protocol)

    return _file("model.pkl", content)


def _dumped(payload: Callable[[Path], Any], **options: Any) -> Make:
    def content(folder: Path) -> bytes:
        file = io.BytesIO()
        joblib.dump(payload(folder), file, **options)
        return file.getvalue()

    return _file("model.joblib", content)


def _touches(folder: Path) -> Calls:
    return Calls(os.system, f"touch {folder / MARKER}")


def _forged(function: Callable[..., Any], *arguments: Any) -> Make:
    """A pickle that writes a result of its own to every open file: a model that calls a function when it predicts."""

    def content(folder: Path) -> bytes:
        named = [each.replace(MARKER, str(folder / MARKER)) if isinstance(each, str) else each for each in arguments]
        model = make_pipeline(FunctionTransformer(), LogisticRegression(max_iter=1_000)).fit(*flowers())
        model.steps[0][1].func = partial(function, *named)
        forged = skops.io.dumps(model)
        code = f"""
import os
for number in range(3, 20):
    try:
        os.write(number, b"{{}}" + bytes([10]) + {forged!r})
    except OSError:
        pass
os._exit(0)
"""
        return pickle.dumps(Calls(exec, code))

    return _file("forged.pkl", content)


# Without TRUST=1 none of them is opened; with it, what they ask for is refused.
PICKLES: dict[str, tuple[Make, str]] = {
    "a shell command": (_calls(os.system, f"touch {MARKER}"), "what Python calls os.system"),
    "a shell command, by the first protocol": (_calls(os.system, f"touch {MARKER}", protocol=2), "os.system"),
    "code that writes a file": (_calls(exec, f"open({MARKER!r}, 'w').write('x')"), "to write to"),
    "open, to write": (_calls(open, MARKER, "w"), "to write to"),
    "a file by a low-level call": (_calls(os.open, MARKER, os.O_CREAT | os.O_WRONLY), "to write to"),
    "a process": (_calls(subprocess.Popen, ["touch", MARKER]), "subprocess.Popen"),
    "a process by fork": (_calls(os.fork), "os.fork"),
    "a deleted folder": (_calls(os.rmdir, "."), "os.rmdir"),
    "a connection": (_calls(socket.create_connection, ("127.0.0.1", 9)), "socket."),
    "code that catches what is raised": (
        _calls(exec, f"try: open({MARKER!r}, 'w')\nexcept BaseException: open({MARKER!r}, 'w')"),
        "to write to",
    ),
    "code that changes what is refused": (
        _calls(exec, f"import services.importer.limits as l; l._REFUSED = (); l._WRITES = 0; open({MARKER!r}, 'w')"),
        "to write to",
    ),
    "code that takes away the end": (
        _calls(exec, f"import os; os._exit = os.write = print; os.system('touch ' + {MARKER!r})"),
        "os.system",
    ),
    "code that changes Python's own functions": (
        _calls(exec, f"import builtins; builtins.isinstance = builtins.len = print; open({MARKER!r}, 'w')"),
        "to write to",
    ),
    "code that looks for the hook": (_calls(exec, "import gc; gc.get_objects()"), "gc.get_objects"),
    "code that calls the system's library": (_calls(exec, "import ctypes; ctypes.CDLL(None)"), "ctypes.dlopen"),
    "joblib, deep in a list": (_dumped(lambda folder: {"model": [[_touches(folder)]]}), "os.system"),
    "joblib beside an array": (_dumped(lambda folder: [np.arange(9), _touches(folder)]), "os.system"),
    "joblib, compressed": (_dumped(_touches, compress=("zlib", 3)), "os.system"),
    "joblib, compressed by lzma": (_dumped(_touches, compress=("xz", 3)), "os.system"),
    "more memory than there is": (_calls(bytearray, 10**12), "MemoryError"),
    "code that ends the process": (_calls(os._exit, 0), "what came back of it is no model"),
    "code that ends the process by a signal": (_calls(exec, "import os; os.abort()"), "was ended by SIGABRT"),
    "code that prints what steers a terminal": (
        _calls(exec, "import sys; sys.stderr.write(chr(27) + '[2J'); raise SystemExit(4)"),
        "[2J",
    ),
    "a forged result": (_forged(os.system, f"touch {MARKER}"), "packages than scikit-learn: functools.partial, posix"),
    "a forged result with a function of numpy": (
        _forged(np.testing.measure, f"open({MARKER!r}, 'w')", 1),
        "packages than scikit-learn: functools.partial, numpy.testing",
    ),
    "a forged result with a function of scikit-learn": (
        _forged(get_data_home, MARKER),
        "packages than scikit-learn: functools.partial, sklearn.datasets._base.get_data_home",
    ),
    "no estimator": (_calls(dict), "it holds a dict, and no estimator of scikit-learn"),
    "a broken pickle": (_file("model.pkl", lambda _: pickle.dumps(LogisticRegression())[:50]), "it cannot be opened"),
    "a class that is not here": (
        _file("model.pkl", lambda _: b"\x80\x04cno_such_package\nModel\n."),
        "it needs what is not installed here: ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "an estimator that was not fitted": (_dumped(lambda _: LogisticRegression()), "that was not fitted"),
    "a folder of mlflow": (
        lambda folder: mlflow_folder(folder / "run", pickle.dumps(_touches(folder))),
        "os.system",
    ),
}


def _graph(change: Callable[[Any, Path], None]) -> Make:
    """An ONNX file that is right but for what `change` does to it."""

    def content(folder: Path) -> bytes:
        from onnx import load_model_from_string

        model = load_model_from_string(softmax_graph(np.ones((4, 3)), np.zeros(3)))
        change(model, folder)
        return bytes(model.SerializeToString())

    return _file("model.onnx", content)


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


def _zipped(files: dict[str, bytes]) -> Make:
    def content(folder: Path) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return file.getvalue()

    return _file("model.skops", content)


def _bomb(folder: Path) -> bytes:
    """An archive of 150 KB whose files have 2 GiB, as it says itself."""
    file, part = io.BytesIO(), bytes(2**26)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("schema.json", part)
    inner = bytearray(file.getvalue())
    # The sizes of the local header and of the directory: 64 MiB become 2 GiB.
    for at in (22, inner.index(b"PK\x01\x02") + 24):
        inner[at : at + 4] = (2**31 - 1).to_bytes(4, "little")
    return bytes(inner)


def _tar(folder: Path) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, target in (("link", "/etc/passwd"), ("../../outside", "x")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return file.getvalue()


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "model.onnx")
    return folder / "model.onnx"


def _device(folder: Path) -> Path:
    (folder / "model.onnx").symlink_to("/dev/zero")
    return folder / "model.onnx"


def _folder_with(text: str) -> Make:
    def make(folder: Path) -> Path:
        path = mlflow_folder(folder / "run", b"\x80\x04N.")
        (path / "MLmodel").write_text(text.replace(MARKER, str(folder / MARKER)))
        return path

    return make


def _linked(name: str) -> Make:
    def make(folder: Path) -> Path:
        path = mlflow_folder(folder / "run", b"\x80\x04N.")
        (path / name).rename(folder / name)
        (path / name).symlink_to(folder / name)
        return path

    return make


def _of_skops(payload: Callable[[], Any]) -> Make:
    return _file("model.skops", lambda _: bytes(skops.io.dumps(payload())))


def _fitted() -> Any:
    return LogisticRegression(max_iter=1_000).fit(*flowers())


_BOMB_OF_ALIASES = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)
# None of them is opened, whether TRUST=1 is given or not.
OTHERS: dict[str, tuple[Make, str]] = {
    "ONNX with numbers in /etc/passwd": (_outside("/etc/passwd"), "names other files for its numbers"),
    "ONNX with numbers above its folder": (_outside("../../secret"), "names other files for its numbers"),
    "ONNX with numbers beside it": (_outside("secret"), "names other files for its numbers"),
    "ONNX with numbers elsewhere in a branch": (_graph(_outside_of_a_branch), "names other files for its numbers"),
    "ONNX with a huge constant": (_graph(_huge_constant), "is no valid ONNX graph"),
    "ONNX that makes a huge tensor": (_graph(_huge_output), "cannot be run by ONNX Runtime"),
    "ONNX without end": (_graph(_endless), "needs more than 8 GiB of memory or 60 s for 100 rows"),
    "ONNX with an unknown operator": (_graph(_unknown_operator), "cannot be run by ONNX Runtime"),
    "ONNX for one row": (_graph(_one_row), "takes 1 rows at once; any number is expected"),
    "ONNX of an old version": (_graph(_old), "has opset 7, and 9 or newer is needed"),
    "ONNX as text": (_file("model.onnx", _as_text), "is ONNX as text; save it in the binary format"),
    "half an ONNX file": (
        _file("model.onnx", lambda _: softmax_graph(np.ones((4, 3)), np.zeros(3))[:90]),
        "is no ONNX file, or a part of one",
    ),
    "half a skops file": (_file("m.skops", lambda _: skops.io.dumps(_fitted())[:900]), "is a broken ZIP archive"),
    "a skops file with a schema that is none": (_zipped({"schema.json": b"[1, 2"}), "is no skops file"),
    "a skops file that names files above": (
        _zipped({"schema.json": json.dumps({"__loader__": "JsonNode", "file": "../x"}).encode(), "../x": b"1"}),
        "is no skops file",
    ),
    "a skops file with a loop": (
        _zipped({"schema.json": b'{"__loader__": "ListNode", "content": ' * 3_000 + b"1" + b"}" * 3_000}),
        "is no skops file",
    ),
    "a ZIP archive": (_zipped({"archive/data.pkl": pickle.dumps(Calls(os.abort))}), "and so no skops file"),
    "a ZIP bomb": (_file("m.skops", _bomb), "and a model may have 1,073,741,824"),
    "a transformer": (_of_skops(lambda: FunctionTransformer(None)), "and no classifier or regressor of scikit-learn"),
    "a compressed archive with links": (_file("model.tar.gz", _tar), "is compressed and no joblib file"),
    "compressed zeros": (_file("m.gz", lambda _: gzip.compress(bytes(2**26))), "is compressed and no joblib file"),
    "compressed text": (_file("model.bz2", lambda _: bz2.compress(b"text")), "is compressed and no joblib file"),
    "a pickle as text, with a command": (
        _file("m.pkl", lambda folder: f"cos\nsystem\n(S'touch {folder / MARKER}'\ntR.".encode()),
        "is no ONNX file",
    ),
    "an empty file": (_file("model.onnx", lambda _: b""), "is empty"),
    "a text": (_file("model.onnx", lambda _: b"to be done\n"), "is no ONNX file"),
    "no file": (lambda folder: folder / "none.onnx", "cannot be read: No such file or directory"),
    "a pipe that nobody writes to": (_fifo, "is no file"),
    "a device without end": (_device, "is no file"),
    "a folder": (lambda folder: folder, "is a folder without MLmodel"),
    "MLmodel with a Python object": (
        _folder_with(f"flavors: !!python/object/apply:os.system ['touch {MARKER}']\n"),
        "MLmodel cannot be read",
    ),
    "MLmodel that is no YAML": (_folder_with("flavors: [\n"), "MLmodel cannot be read"),
    "MLmodel without flavors": (_folder_with("- 1\n"), "MLmodel has no flavors"),
    "MLmodel of aliases": (_folder_with(_BOMB_OF_ALIASES), "MLmodel has no flavors"),
    "MLmodel of another library": (
        _folder_with("flavors: {pytorch: {model_data: data}}\n"),
        "has the flavors pytorch; onnx or sklearn is expected",
    ),
    "MLmodel with a path above": (
        _folder_with("flavors: {sklearn: {pickled_model: ../../../etc/passwd}}\n"),
        "is no path below its folder",
    ),
    "MLmodel with an absolute path": (
        _folder_with("flavors: {sklearn: {pickled_model: /etc/passwd}}\n"),
        "is no path below its folder",
    ),
    "MLmodel with a list as path": (
        _folder_with("flavors: {sklearn: {pickled_model: [a]}}\n"),
        "must name a file as pickled_model",
    ),
    "mlflow with a link as its model": (_linked("model.pkl"), "is a symbolic link, which is not followed"),
    "mlflow with a link as MLmodel": (_linked("MLmodel"), "is a symbolic link, which is not followed"),
}
