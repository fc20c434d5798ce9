"""Does something again and again in a thread, until it is closed."""

import logging
import threading
from collections.abc import Callable

CLOSE_SECONDS = 2.0
log = logging.getLogger(__name__)


class Repeated:
    """Calls `work` every so many seconds. An exception of it is logged, and the next call comes all the same."""

    def __init__(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        self._seconds, self._work = seconds, work
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Make the call that is running the last one."""
        self._closed.set()

    def close(self) -> None:
        """Wait for the end of the last call, for up to CLOSE_SECONDS."""
        self._closed.set()
        if self._thread.ident:
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._work()
            except Exception:
                log.exception("%s failed, and is tried again", self._thread.name)
            self._closed.wait(self._seconds)
