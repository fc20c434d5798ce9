"""How many requests a worker lets in: so many at work, so many waiting for their turn, and no more."""

import threading
from queue import Empty, SimpleQueue

# Longer than any request should be at work: whoever waits so long is better told to come again.
TURN_SECONDS = 5.0
_thread = threading.local()


def close_here() -> None:
    """From now on every gate is closed to what this thread handles."""
    _thread.closed = True


class Gate:
    """Counts the requests in flight; gunicorn itself would have as many at work as it has threads."""

    def __init__(self, working: int, waiting: int) -> None:
        # Queues of tokens, which take a tenth of a semaphore's time.
        self._places, self._turns = _tokens(working + waiting), _tokens(working)

    def enter(self) -> bool:
        """Wait for a turn.

        False at once where too many wait already or the gate is closed, or after `TURN_SECONDS` without a turn.
        """
        if getattr(_thread, "closed", False):
            return False
        try:
            self._places.get_nowait()
        except Empty:
            return False
        try:
            self._turns.get(timeout=TURN_SECONDS)
        except Empty:
            self._places.put(None)
            return False
        return True

    def leave(self) -> None:
        """Give up the turn that `enter` gave."""
        self._turns.put(None)
        self._places.put(None)


def _tokens(number: int) -> SimpleQueue[None]:
    queue: SimpleQueue[None] = SimpleQueue()
    for _ in range(number):
        queue.put(None)
    return queue
