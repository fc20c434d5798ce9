"""Balances new connections across workers.

The kernel gives a connection to any worker that is awake, and often gives all of a client's to the same one. Since they
stay open, one worker would do all the work.
"""

import mmap
import time
from collections.abc import Callable

from services.api.telemetry import worker_slot

# The longest that a connection is left to other workers, which may be busy.
LEAVE_SECONDS = 0.005
# gunicorn asks again immediately about a connection that was left. After so long, it asks about another one.
ASKED_SECONDS = 0.05
_NEVER = float("-inf")
_MOST_SLOTS = mmap.PAGESIZE // 4


class ConnectionBalance:
    """Keeps the number of connections of each worker in shared memory; created before the workers are forked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        # By slot: the number of connections plus one, 0 if there is no worker.
        self._counts = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("i")
        self._clock = clock
        self._left_at = self._asked_at = _NEVER

    def publish(self, connections: int) -> None:
        """Tell the other workers how many connections this one has."""
        if worker_slot.number < _MOST_SLOTS:
            self._counts[worker_slot.number] = connections + 1

    def forget(self, number: int) -> None:
        """Forget the worker in this slot, which has ended."""
        if number < _MOST_SLOTS:
            self._counts[number] = 0

    def should_leave(self, connections: int) -> bool:
        """Return whether a worker with so many leaves a new one to workers with fewer, for LEAVE_SECONDS at most."""
        now, last_asked_at = self._clock(), self._asked_at
        self._asked_at = _NEVER
        if not any(0 < count <= connections for count in self._counts.tolist()):
            return False
        if now - last_asked_at > ASKED_SECONDS:
            self._left_at = now
        if now - self._left_at >= LEAVE_SECONDS:
            return False
        self._asked_at = now
        return True
