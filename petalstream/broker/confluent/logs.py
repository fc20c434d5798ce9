"""Writes the library's log lines to the service's log."""

import logging
import re
import time

SECONDS = 60


class _FailedConnections(logging.Filter):
    """Passes a failed connection once a minute, and never one that was refused, lost or silent: BrokerWatch reports it.

    The library logs each attempt, 20 a second. What is left is a failed handshake, of TLS or SASL.
    """

    NO_BROKER = re.compile("Connect to |Disconnected|Failed to resolve|[Tt]imed out")
    _logged = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the line."""
        line, now = record.getMessage(), time.monotonic()
        if line.startswith("TXNERR"):
            return False  # the call that it is about raises it
        if not line.startswith(("FAIL", "REQTMOUT")) or log.isEnabledFor(logging.DEBUG):
            return True
        if self.NO_BROKER.search(line) or now - self._logged < SECONDS:
            return False
        self._logged = now
        return True


log = logging.getLogger("librdkafka")
log.addFilter(_FailedConnections())
