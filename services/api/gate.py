"""Whose turn it is: so many requests are at work, those that the worker has taken on besides wait, and the rest go."""

import threading

# Longer than any request should be at work: whoever waits so long is better told to come again.
TURN_SECONDS = 5.0
_thread = threading.local()


def close_here() -> None:
    """From now on every gate is closed to what this thread handles."""
    _thread.closed = True


class Gate:
    """Counts the requests at work; gunicorn itself would have as many at work as it has threads."""

    def __init__(self, working: int) -> None:
        self._turns = threading.Semaphore(working)

    def enter(self) -> bool:
        """Wait for a turn; False at once where the gate is closed, or after `TURN_SECONDS` without a turn."""
        return not getattr(_thread, "closed", False) and self._turns.acquire(timeout=TURN_SECONDS)

    def leave(self) -> None:
        """Give up the turn that `enter` gave."""
        self._turns.release()
