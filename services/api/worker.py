"""gunicorn's worker with threads, but for two things."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from services.api import gate, reception

# Threads beyond those that the gate lets in: so many clients may send slowly and hold up nobody.
SLOW_CLIENTS = 16
# Few, since each one that is awake takes the interpreter from those at work.
REFUSING_THREADS = 2


class Worker(ThreadWorker):
    """Takes on as many requests as the gate lets in, and has the rest refused by threads of their own.

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
        most = self.cfg.threads
        if self.taken_on < most and self.taken_on - reception.receiving() < most - SLOW_CLIENTS:
            self.taken_on += 1
            handled, finish = self.tpool.submit(self._take_on, conn), self._finish_taken_on
        else:
            handled, finish = self.refusing.submit(self.handle, conn), self.finish_request
        handled.add_done_callback(lambda done: self.method_queue.defer(finish, conn, done))

    def _take_on(self, conn: TConn) -> Any:
        with reception.begun():
            return self.handle(conn)

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
