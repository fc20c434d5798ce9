"""`python -m services.trainer.fitted.graphs.trial INPUTS`: run the joined graph on standard input on rows of zeros.

It may take MOST_MEMORY bytes and MOST_SECONDS of the processor: a graph may ask for more numbers than any machine has,
or repeat something without end. If it fails, the last line on standard error says why.
"""

import resource
import subprocess
import sys
from contextlib import suppress
from textwrap import shorten

import numpy as np

from petalstream.model.graph import Graph
from petalstream.model.own_code import ROOT
from services.trainer.fitted.errors import FittedError

ROWS = 100
MOST_MEMORY, MOST_SECONDS = 8 * 2**30, 60
MAX_LENGTH = 200


def try_graph(content: bytes, inputs: int, name: str) -> None:
    """Run a joined graph in a process of its own. Raises FittedError, which says why it cannot be run."""
    command = [sys.executable, "-m", "services.trainer.fitted.graphs.trial", str(inputs)]
    try:
        done = subprocess.run(
            command, input=content, cwd=ROOT, capture_output=True, timeout=2 * MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FittedError(f"{name} needs more than {2 * MOST_SECONDS} s for {ROWS} rows") from error
    if done.returncode < 0:
        raise FittedError(
            f"{name} needs more than {MOST_MEMORY >> 30} GiB of memory or {MOST_SECONDS} s for {ROWS} rows"
        )
    if done.returncode:
        reason = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason is given"])[-1]
        raise FittedError(f"{name} cannot be run by ONNX Runtime: {shorten(reason, MAX_LENGTH)}")


def main(inputs: int) -> int:
    """Run the graph. Returns the exit code."""
    with suppress(ValueError, OSError):  # macOS has none
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        Graph(sys.stdin.buffer.read()).infer(np.zeros((ROWS, inputs)))
    except Exception as error:  # whatever ONNX Runtime raises
        print(str(error).replace("\n", " "), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
