"""gunicorn's worker with threads, but for one thing."""

from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):
    """Closes its listening sockets as soon as it is asked to stop.

    ThreadWorker only looks at them no longer: whoever connects while the last requests end would wait for an answer
    until the process is gone, instead of being refused and asking elsewhere.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What gunicorn calls on SIGTERM; the sockets are closed by the loop that waits for them."""
        super().handle_exit(sig, frame)
        self.method_queue.defer(self._refuse)

    def accept(self, listener: Any) -> None:
        """What gunicorn calls for a new connection, which may be news of a moment ago."""
        if self.alive:
            super().accept(listener)

    def _refuse(self) -> None:
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
