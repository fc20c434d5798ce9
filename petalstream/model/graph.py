"""A model as an ONNX graph: what its inputs and outputs are, and how ONNX Runtime computes it in trainer and api alike.

The input is `samples`, float64 of shape [n, inputs]. A classifier's outputs are `classes`, int64 [n], `probabilities`,
float64 [n, labels], if the model gives any, and `votes`, int64 [n, voters], if it is a majority vote; another model has
`numbers`, float64 [n]: what a ModelOutput has.
"""

import os

import numpy as np
from numpy.typing import NDArray

from petalstream.model.outputs import ClassOutput, ModelOutput, NumberOutput, require_finite

# It would tell its maker about each session, and keep a file for that in the temporary folder.
os.putenv("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

SAMPLES, NUMBERS = "samples", "numbers"
CLASSES, PROBABILITIES, VOTES = "classes", "probabilities", "votes"
# A forest has a number in memory for each row, tree and label.
ROWS_AT_ONCE = 1_000
_FATAL = 4
# A session and the names of its outputs, in the order of a ModelOutput.
_Opened = tuple[onnxruntime.InferenceSession, list[str]]


class Graph:
    """A graph that was read already; each process opens a session of its own, since none outlives a fork."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._opened: tuple[int, _Opened] | None = None

    def infer(self, samples: NDArray[np.float64]) -> ModelOutput:
        """What the model says of `samples`, of shape (n, inputs).

        Raises ValueError for a probability or number that is NaN or infinite, and what onnxruntime does of a graph at
        fault.
        """
        session, names = self._session()
        starts = range(0, max(len(samples), 1), ROWS_AT_ONCE)
        found = [session.run(names, {SAMPLES: samples[start : start + ROWS_AT_ONCE]}) for start in starts]
        outputs = found[0] if len(found) == 1 else [np.concatenate(parts) for parts in zip(*found, strict=True)]
        if names == [NUMBERS]:
            require_finite(outputs[0], "number")
            return NumberOutput(outputs[0])
        if PROBABILITIES not in names:
            outputs = [*outputs, np.empty((len(samples), 0))]
        require_finite(outputs[1], "probability")
        return ClassOutput(*outputs, *[None] * (VOTES not in names))

    def _session(self) -> _Opened:
        opened = self._opened
        # Two threads may both open one at first, of which the last is kept: either will do.
        if opened is None or opened[0] != os.getpid():
            opened = self._opened = os.getpid(), _session(self._content)
        return opened[1]


def _session(content: bytes) -> _Opened:
    options = onnxruntime.SessionOptions()
    # The processes of the api are what computes side by side; one thread needs no pool.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _FATAL  # what goes wrong is raised
    # A graph may name files to read its numbers from, and no file can lie below this one.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    there = {each.name for each in session.get_outputs()}
    return session, [name for name in (NUMBERS, CLASSES, PROBABILITIES, VOTES) if name in there]
