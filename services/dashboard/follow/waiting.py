"""Remembers when requests were sent, to tell how old the first one is that waits."""

from collections import deque

MOST_TIMES = 5_000


class SentTimes:
    """The first offset and its timestamp (milliseconds since 1970) of the last batches of one partition."""

    def __init__(self) -> None:
        self._times: deque[tuple[int, int]] = deque(maxlen=MOST_TIMES)

    def add(self, offset: int, timestamp: int) -> None:
        """Add a batch; of very many the oldest are forgotten."""
        self._times.append((offset, timestamp))

    def at(self, offset: int) -> int | None:
        """Return the timestamp of the batch that holds `offset`, or of the oldest one that is remembered."""
        while len(self._times) > 1 and self._times[1][0] <= offset:
            self._times.popleft()
        return self._times[0][1] if self._times else None
