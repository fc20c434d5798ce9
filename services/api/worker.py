"""gunicorn's worker with threads, but for two things."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from services.api import gate

# Few, since each one that is awake takes the interpreter from those at work.
REFUSING_THREADS = 2


class Worker(ThreadWorker):
    """Takes on as many requests as it has threads, and has the rest refused by threads of their own.

    ThreadWorker has one line for all, without bound: in a crowd, who is to be refused would stand in the way of who is
    taken on, and would hear of it late.

    It also closes its listening sockets as soon as it is asked to stop. ThreadWorker only looks at them no longer:
    whoever connects while the last requests end would wait for an answer until the process is gone, instead of being
    refused and asking elsewhere.
    """

    def init_process(self) -> None:
        """What gunicorn calls in the new process, and returns from at its end."""
        self.taken_on = 0
        self.refusing = ThreadPoolExecutor(REFUSING_THREADS, initializer=gate.close_here)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """What gunicorn's loop calls for a connection on which a request has come, in one thread always."""
        if self.taken_on < self.cfg.threads:
            self.taken_on += 1
            threads, finish = self.tpool, self._finish_taken_on
        else:
            threads, finish = self.refusing, self.finish_request
        threads.submit(self.handle, conn).add_done_callback(partial(self.method_queue.defer, finish, conn))

    def _finish_taken_on(self, conn: TConn, fs: Future[bool]) -> None:
        self.taken_on -= 1
        self.finish_request(conn, fs)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What gunicorn calls on SIGTERM; the sockets are closed by the loop that waits for them."""
        super().handle_exit(sig, frame)
        self.method_queue.defer(self._close_listeners)

    def accept(self, listener: Any) -> None:
        """What gunicorn calls for a new connection, which may be news of a moment ago."""
        if self.alive:
            super().accept(listener)

    def _close_listeners(self) -> None:
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
