"""Which worker takes a new connection: one that has fewest.

The kernel gives it to whichever is awake, and that is often the same one for all connections of a client that opens
them at once. They stay open, and one worker has all the work then while the others have none.
"""

import mmap
import time
from collections.abc import Callable

from services.api.telemetry import worker_slot

# So long a connection is left to others that have fewer; they may have something to do.
LEAVE_SECONDS = 0.005
# A worker that leaves one is asked again at once; when it was not asked for so long, this is another connection.
ASKED_SECONDS = 0.05
_NEVER = float("-inf")
_NUMBERS = mmap.PAGESIZE // 4


class ConnectionBalance:
    """How many connections each worker has, in memory that all of them share; made before they are forked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        # By slot, and one more than there are connections: 0 where no worker is.
        self._counts = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("i")
        self._clock = clock
        self._left_at = self._asked_at = _NEVER

    def tell(self, connections: int) -> None:
        """Let the others know how many this worker has."""
        if worker_slot.number < _NUMBERS:
            self._counts[worker_slot.number] = connections + 1

    def forget(self, number: int) -> None:
        """The worker in this slot is gone."""
        if number < _NUMBERS:
            self._counts[number] = 0

    def leaves(self, connections: int) -> bool:
        """Whether one that has so many leaves the next connection to who has fewer, for LEAVE_SECONDS at most."""
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
