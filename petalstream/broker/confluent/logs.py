"""The library's own log lines, in the service's log."""

import logging
import time

SECONDS = 10


class _Seldom(logging.Filter):
    """Lets a lost or refused connection through once in ten seconds: the library says it at every try, 20 a second."""

    _said = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is logged."""
        if not record.getMessage().startswith("FAIL"):
            return True
        now = time.monotonic()
        seldom = now - self._said >= SECONDS
        if seldom:
            self._said = now
        return seldom


log = logging.getLogger("librdkafka")
log.addFilter(_Seldom())
