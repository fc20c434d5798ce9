"""How many requests a worker lets in: so many at work, so many waiting for their turn, and no more."""

import math
import threading
import time
from collections import deque

# Longer than any request should be at work: whoever waits so long is better told to come again.
TURN_SECONDS = 5.0
_thread = threading.local()


def close_here() -> None:
    """From now on every gate is closed to what this thread handles."""
    _thread.closed = True


class ConcurrencyLimit:
    """Counts the requests in flight; gunicorn itself would have as many at work as it has threads.

    Turns go round in the order of coming. Where a turn is free for a moment, as in a queue of tokens or a semaphore,
    whoever comes then takes it before who has waited for it wakes up, and some wait ten times as long as others.
    """

    def __init__(self, working: int, waiting: int) -> None:
        self._free, self._room = working, waiting
        self._lock = threading.Lock()
        # Each waits for its own lock to be released.
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, deadline: float = math.inf) -> bool:
        """Wait for a turn, until `deadline` by time.monotonic() at most.

        False at once where too many wait already or the gate is closed, or after `TURN_SECONDS` without a turn.
        """
        if getattr(_thread, "closed", False):
            return False
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._waiting) >= self._room:
                return False
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        seconds = max(0.0, min(TURN_SECONDS, deadline - time.monotonic()))
        return turn.acquire(timeout=seconds) or not self._gives_up(turn)

    def release(self) -> None:
        """Give up the turn that `enter` gave, to who has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _gives_up(self, turn: threading.Lock) -> bool:
        """Whether it waits no longer; not where its turn came in this very moment."""
        with self._lock:
            if turn not in self._waiting:
                return False
            self._waiting.remove(turn)
            return True
