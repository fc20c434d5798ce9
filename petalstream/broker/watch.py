"""Logs that no broker of the cluster can be reached: within seconds, once a minute, and when one can be again."""

import threading
import time
from collections.abc import Callable
from typing import Self

from petalstream.problems import LOG_SECONDS, Problem

LOOK_SECONDS = 1.0
# A client that loses a connection has often opened the next one before this. A restarted broker is no outage.
GRACE_SECONDS = 3.0
CLOSE_SECONDS = 5.0


class BrokerWatch:
    """Asks once a second whether a client is connected, in a thread of its own from start() to close().

    `is_connected` returns whether the client is connected to at least one broker, and None if nothing is known, as
    before a client exists. A cluster of which a single broker is lost is still connected.
    """

    def __init__(
        self,
        servers: str,
        is_connected: Callable[[], bool | None],
        log_seconds: float = LOG_SECONDS,
    ) -> None:
        self._is_connected = is_connected
        self._problem = Problem(f"Kafka at {servers}", "a broker is connected again", log_seconds)
        self._connected_at = self._looked = time.monotonic()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="broker-watch", daemon=True)

    def start(self) -> Self:
        """Begin to watch; return the watch."""
        self._thread.start()
        return self

    @property
    def is_away(self) -> bool:
        """Whether no broker has been connected for more than GRACE_SECONDS."""
        return self._problem.is_on

    def note_answer(self) -> None:
        """A broker has just answered another client: the watched one may take GRACE_SECONDS to connect."""
        self._connected_at = time.monotonic()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join(CLOSE_SECONDS)

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        is_connected, now = self._is_connected(), time.monotonic()
        if now - self._looked >= GRACE_SECONDS:  # this process was stopped for a while, and its client too
            self._connected_at = now
        self._looked = now
        if is_connected:
            self._connected_at = now
            self._problem.end()
        elif is_connected is False and now - self._connected_at >= GRACE_SECONDS:
            self._problem.report(
                "no broker can be reached, and nothing is read or written. The client tries again by itself;"
                " check the broker, the network and KAFKA_BOOTSTRAP_SERVERS"
            )
