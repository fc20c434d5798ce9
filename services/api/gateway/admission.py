"""Limits how many requests a worker handles at once and how many more wait."""

import math
import threading
import time
from collections import deque

# The longest that a request waits. A client is better off with 503 and a retry.
WAIT_SECONDS = 5.0
_thread = threading.local()


def reject_in_this_thread() -> None:
    """Make every limit reject what this thread handles from now on."""
    _thread.rejects = True


class ConcurrencyLimit:
    """Admits `most_running` requests at once; `most_waiting` more wait, and any others are rejected.

    gunicorn would run as many as it has threads. Requests are admitted in the order of arrival. A semaphore or a queue
    of tokens is not enough for that: a new request takes the free token before the thread that has waited for it wakes
    up, and some requests wait ten times as long as others.
    """

    def __init__(self, most_running: int, most_waiting: int) -> None:
        self._free, self._most_waiting = most_running, most_waiting
        self._lock = threading.Lock()
        # Each waiting request waits for its own lock to be released.
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, deadline: float = math.inf) -> bool:
        """Wait until the request is admitted, until `deadline` by time.monotonic() at most. Return whether it is.

        Returns False immediately if too many wait already or this thread rejects, and after WAIT_SECONDS.
        """
        if getattr(_thread, "rejects", False):
            return False
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._waiting) >= self._most_waiting:
                return False
            admitted = threading.Lock()
            admitted.acquire()
            self._waiting.append(admitted)
        seconds = max(0.0, min(WAIT_SECONDS, deadline - time.monotonic()))
        return admitted.acquire(timeout=seconds) or not self._stop_waiting(admitted)

    def release(self) -> None:
        """End a request that `acquire` admitted, and admit the one that has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _stop_waiting(self, admitted: threading.Lock) -> bool:
        """Remove a request from the queue. Return False if it was admitted since its timeout."""
        with self._lock:
            if admitted not in self._waiting:
                return False
            self._waiting.remove(admitted)
            return True
