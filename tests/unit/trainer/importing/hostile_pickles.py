"""Pickles that harm whoever opens them, or hold nothing that can be imported."""

import io
import os
import pickle
import socket
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import skops.io
from sklearn.datasets import get_data_home
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.unit.trainer.importing.models import flowers, mlflow_folder
from tests.unit.trainer.importing.saving import MARKER, Calls, Make, saved


def _calls(function: Callable[..., Any], *arguments: Any, protocol: int = 4) -> Make:
    """A pickle that calls a function; MARKER in a text is the path of a file that must never be there."""

    def content(folder: Path) -> bytes:
        named = [each.replace(MARKER, str(folder / MARKER)) if isinstance(each, str) else each for each in arguments]
        return pickle.dumps(Calls(function, *named), protocol)

    return saved("model.pkl", content)


def _dumped(payload: Callable[[Path], Any], **options: Any) -> Make:
    def content(folder: Path) -> bytes:
        file = io.BytesIO()
        joblib.dump(payload(folder), file, **options)
        return file.getvalue()

    return saved("model.joblib", content)


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

    return saved("forged.pkl", content)


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
    "a broken pickle": (saved("model.pkl", lambda _: pickle.dumps(LogisticRegression())[:50]), "it cannot be opened"),
    "a class that is not here": (
        saved("model.pkl", lambda _: b"\x80\x04cno_such_package\nModel\n."),
        "it needs what is not installed here: ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "an estimator that was not fitted": (_dumped(lambda _: LogisticRegression()), "that was not fitted"),
    "a folder of mlflow": (
        lambda folder: mlflow_folder(folder / "run", pickle.dumps(_touches(folder))),
        "os.system",
    ),
}
