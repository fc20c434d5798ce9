"""How many requests a worker lets in: so many at work, so many waiting for their turn, and no more."""

import threading

# Longer than any request should be at work: whoever waits so long is better told to come again.
TURN_SECONDS = 5.0
_thread = threading.local()


def close_here() -> None:
    """From now on every gate is closed to what this thread handles."""
    _thread.closed = True


class Gate:
    """Counts the requests in flight; gunicorn itself would have as many at work as it has threads."""

    def __init__(self, working: int, waiting: int) -> None:
        self._places = threading.Semaphore(working + waiting)
        self._turns = threading.Semaphore(working)

    def enter(self) -> bool:
        """Wait for a turn.

        False at once where too many wait already or the gate is closed, or after `TURN_SECONDS` without a turn.
        """
        if getattr(_thread, "closed", False) or not self._places.acquire(blocking=False):
            return False
        if self._turns.acquire(timeout=TURN_SECONDS):
            return True
        self._places.release()
        return False

    def leave(self) -> None:
        """Give up the turn that `enter` gave."""
        self._turns.release()
        self._places.release()
