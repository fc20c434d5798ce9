"""Bounds the messages that the broker has not acknowledged: without a bound they fill the memory while it is away."""

import logging
import time

from petalstream.broker import Sender
from petalstream.lifecycle import Stop

# The client needs about 3 KB beside the bytes of each message.
MOST_MESSAGES, MOST_BYTES = 5_000, 4 * 1024 * 1024
LOOK_SECONDS = 0.2
# A shorter wait is no news: at full speed, each MOST_MESSAGES are awaited.
SLOW_SECONDS, LOG_SECONDS = 1, 60
log = logging.getLogger(__name__)


class Unacknowledged:
    """Counts the messages that were sent since all were acknowledged, or had failed."""

    def __init__(self, sender: Sender, stop: Stop) -> None:
        self._sender, self._stop = sender, stop
        self._messages = self._bytes = 0

    def has_room(self, size: int) -> bool:
        """Count a message of `size` bytes, once there is room for it; return False if a stop is requested before."""
        if self._messages and (self._messages >= MOST_MESSAGES or self._bytes + size > MOST_BYTES):
            if not self._await_all():
                return False
            self._messages = self._bytes = 0
        self._messages, self._bytes = self._messages + 1, self._bytes + size
        return True

    def _await_all(self) -> bool:
        """Wait until the fate of every message is known; return False if a stop is requested before."""
        began = time.monotonic()
        next_line = began + SLOW_SECONDS
        while unknown := self._sender.flush(LOOK_SECONDS):
            if self._stop.requested():
                return False
            if (now := time.monotonic()) >= next_line:
                next_line = now + LOG_SECONDS
                log.error(
                    "the broker has not acknowledged %d records for %.0f s; the producer waits", unknown, now - began
                )
        if next_line > began + SLOW_SECONDS:
            log.warning("the producer goes on after %.1f s", time.monotonic() - began)
        return True
