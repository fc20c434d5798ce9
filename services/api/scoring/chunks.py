"""Scores a batch in chunks, so that scoring can stop when its client no longer waits, and measures its speed."""

import math
import time
from collections import deque

from petalstream.model.inputs import Inputs
from petalstream.model.outputs import ModelOutput, concatenate
from petalstream.model.runtime import Runtime
from services.api import deadline as deadlines
from services.api import errors

CHUNK_SECONDS = 0.1
# BLAS sums a matrix in tiles of at most 16 rows. Chunks of whole tiles give the same bits as one call for all rows.
TILE_ROWS = 16
CALLS_REMEMBERED = 2
MEASURED_ROWS, MEASURED_SECONDS = 256, 0.005


class ChunkedRuntime:
    """Calls a model's runtime with as many rows as take about CHUNK_SECONDS at the speed of the last chunk.

    A batch without a deadline, and with a fast model any batch, is one call.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._chunk_rows = runtime, TILE_ROWS
        # The fastest of the last calls counts: any one may have waited for a processor.
        self._seconds_per_small_call = deque([0.0], CALLS_REMEMBERED)
        self._seconds_per_row = deque([0.0], CALLS_REMEMBERED)
        self._has_measured_tile = False

    def expected_seconds(self, rows: int) -> float:
        """Return about how long scoring `rows` rows takes, from the last calls."""
        return max(rows * min(self._seconds_per_row), min(self._seconds_per_small_call))

    def measure(self, inputs: Inputs) -> None:
        """Call the runtime a few times with `inputs`, and, if it is fast, with MEASURED_ROWS of them.

        Most of a small call is overhead, which says little of many rows.
        """
        for _ in range(CALLS_REMEMBERED):
            self._infer_chunk(inputs)
        if self.expected_seconds(len(inputs)) < MEASURED_SECONDS:
            for _ in range(CALLS_REMEMBERED):
                self._infer_chunk(inputs.repeated(MEASURED_ROWS))

    def infer(self, inputs: Inputs, deadline: float = math.inf) -> ModelOutput:
        """Return the output for `inputs`. Raises DeadlinePassed before any of the chunks.

        `deadline` is in seconds of time.monotonic().
        """
        if deadline == math.inf:
            return self._infer_chunk(inputs)
        outputs, start = list[ModelOutput](), 0
        while start < len(inputs):
            if deadlines.has_passed(deadline):
                raise errors.DeadlinePassed
            remaining = len(inputs) - start
            # Less than a tile must not remain for the last chunk.
            rows = self._chunk_rows if remaining - self._chunk_rows >= TILE_ROWS else remaining
            outputs.append(self._infer_chunk(inputs.rows(start, start + rows)))
            start += rows
        return concatenate(outputs)

    def _infer_chunk(self, inputs: Inputs) -> ModelOutput:
        started = time.perf_counter()
        output = self._runtime(inputs)
        self._record_speed(len(inputs), time.perf_counter() - started)
        return output

    def _record_speed(self, rows: int, seconds: float) -> None:
        """Record a call and set the size of the next chunk. A call with less than a tile is mostly overhead."""
        if rows < TILE_ROWS:
            self._seconds_per_small_call.append(seconds)
        if rows >= TILE_ROWS or not self._has_measured_tile:
            self._seconds_per_row.append(seconds / rows)
        if rows >= TILE_ROWS:
            self._has_measured_tile = True
            tiles = int(rows / max(seconds, 1e-6) * CHUNK_SECONDS) // TILE_ROWS
            self._chunk_rows = max(tiles, 1) * TILE_ROWS
