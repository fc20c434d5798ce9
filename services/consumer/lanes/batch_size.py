"""How many records a lane asks the api about at once: fewer after a timeout, more again after fast responses."""

# A sixteenth of the maximum is added after each full batch that was fast.
STEPS = 16


class BatchSize:
    """Additive increase, multiplicative decrease, the rule of TCP's congestion control (RFC 5681).

    A timeout halves the batch. A full batch that took less than half of the timeout adds a sixteenth of `most`. So a
    model that needs more than half of the timeout for a batch keeps its size, and no request times out again and again.
    """

    def __init__(self, most: int, timeout: float) -> None:
        self._most, self._timeout = most, timeout
        self.limit = most

    def shrink(self, records: int) -> None:
        """A request with so many `records` timed out."""
        self.limit = max(1, records // 2)

    def note(self, records: int, seconds: float) -> None:
        """A request with so many `records` was answered in `seconds`."""
        if records >= self.limit and seconds < self._timeout / 2:
            self.limit = min(self._most, self.limit + max(1, self._most // STEPS))
