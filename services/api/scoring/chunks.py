"""Scores a batch in chunks, so that it can be stopped when its client no longer waits, and knows how long one takes."""

import math
import time
from collections import deque

import numpy as np
from numpy.typing import NDArray

from petalstream.inference import ModelOutput
from services.api import deadline as deadlines
from services.api import errors
from services.api.scoring.runtime import Runtime

CHUNK_SECONDS = 0.1
# BLAS adds up the rows of a matrix in tiles of 16 rows or fewer: chunks of whole tiles give the bits of one call.
TILE_ROWS = 16
# A worker's event loop, which serves all its connections, may be busy with one request for so long.
LOOP_SECONDS, CALLS = 0.05, 2


class ChunkedRuntime:
    """A model's runtime, called for as many rows as take about CHUNK_SECONDS by the speed of the last chunk.

    A fast model has a batch in one call, as every batch without a deadline.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._rows = runtime, TILE_ROWS
        # The fastest of the last calls counts: any one may have waited for a processor.
        self._seconds_of_few, self._seconds_a_row = deque([0.0], CALLS), deque([0.0], CALLS)
        self._is_measured = False  # by a call of many rows

    def takes_long(self, rows: int) -> bool:
        """Return whether so many rows will take longer than LOOP_SECONDS, by the speed of the calls before."""
        return max(rows * min(self._seconds_a_row), min(self._seconds_of_few)) > LOOP_SECONDS

    def infer(self, samples: NDArray[np.float64], deadline: float = math.inf) -> ModelOutput:
        """The inference of `samples`, of shape (n, inputs). Raises DeadlinePassed, also between chunks."""
        if deadline == math.inf:
            return self._call(samples)
        parts, done = list[ModelOutput](), 0
        while done < len(samples):
            if deadlines.has_passed(deadline):
                raise errors.DeadlinePassed
            # A shorter rest would not be a whole tile.
            rows = self._rows if len(samples) - done - self._rows >= TILE_ROWS else len(samples) - done
            parts.append(self._call(samples[done : done + rows]))
            done += rows
        return _joined(parts)

    def _call(self, samples: NDArray[np.float64]) -> ModelOutput:
        began = time.perf_counter()
        found = self._runtime(samples)
        self._measure(len(samples), time.perf_counter() - began)
        return found

    def _measure(self, rows: int, seconds: float) -> None:
        """Set the size of the next chunk. The time of a few rows says nothing of many."""
        if rows < TILE_ROWS:
            self._seconds_of_few.append(seconds)
        if rows >= TILE_ROWS or not self._is_measured:
            self._seconds_a_row.append(seconds / rows)
        if rows >= TILE_ROWS:
            self._is_measured = True
            tiles = int(rows / max(seconds, 1e-6) * CHUNK_SECONDS) // TILE_ROWS
            self._rows = max(tiles, 1) * TILE_ROWS


def _joined(parts: list[ModelOutput]) -> ModelOutput:
    if len(parts) == 1:
        return parts[0]
    votes = [part.votes for part in parts if part.votes is not None]
    return ModelOutput(
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate(votes) if votes else None,
    )
