"""Whether the main thread still works."""

import time

# Longer than the main thread is ever in one call of a Kafka client, whose waits are bounded.
LIMIT_SECONDS = 60.0


class Liveness:
    """The time since the main thread last polled Kafka, or last began something that takes a known time."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._expected = time.monotonic()

    def note(self, seconds: float = 0) -> None:
        """The main thread works, and may wait for so many `seconds` now."""
        self._expected = time.monotonic() + seconds

    def fault(self) -> str | None:
        """Return why the consumer counts as stuck, None if it does not."""
        late = time.monotonic() - self._expected
        return None if late < self._limit_seconds else f"the main loop has not polled Kafka for {late:.0f} s"
