"""Writes the library's log lines to the service's log."""

import logging
import time

SECONDS = 10


class _Seldom(logging.Filter):
    """Passes a failed connection once in ten seconds; the library logs each attempt, 20 a second."""

    _said = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the line."""
        if record.getMessage().startswith("TXNERR"):
            return False  # the call that it is about raises it
        if not record.getMessage().startswith("FAIL"):
            return True
        now = time.monotonic()
        seldom = now - self._said >= SECONDS
        if seldom:
            self._said = now
        return seldom


log = logging.getLogger("librdkafka")
log.addFilter(_Seldom())
