"""gunicorn's worker with threads, but for three things."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType
from typing import Any

from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from services.api import gate, reception, small

# Threads beyond those that the gate lets in: so many clients may send slowly and hold up nobody.
SLOW_CLIENTS = 16
# Few, since each one that is awake takes the interpreter from those at work.
REFUSING_THREADS = 2


class Worker(ThreadWorker):
    """Takes on as many requests as the gate lets in, and has the rest refused by threads of their own.

    ThreadWorker has one line for all, without bound: in a crowd, who is to be refused would stand in the way of who is
    taken on, and would hear of it late.

    A small request that is all there is answered by gunicorn's loop itself: to hand it to a thread, and the connection
    back, takes longer than to answer it. Of those that came together it takes on as many as the gate lets in.

    It also closes its listening sockets as soon as it is asked to stop. ThreadWorker only looks at them no longer:
    whoever connects while the last requests end would wait for an answer until the process is gone, instead of being
    refused and asking elsewhere.
    """

    def init_process(self) -> None:
        """What gunicorn calls in the new process, and returns from at its end."""
        self.taken_on = 0
        self.small: list[TConn] = []
        self.refusing = ThreadPoolExecutor(REFUSING_THREADS, initializer=gate.close_here)
        super().init_process()

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """What gunicorn's loop calls again and again."""
        super().wait_for_and_dispatch_events(timeout)
        came, self.small = self.small, []
        for conn in came[self._places() :]:
            self._refuse(conn)
        for conn in came[: self._places()]:
            self._answer_here(conn)

    def enqueue_req(self, conn: TConn) -> None:
        """What gunicorn's loop calls for a connection on which a request has come, in one thread always."""
        nobody_works = self.taken_on == reception.receiving()
        if nobody_works and not _has_read_ahead(conn) and small.has_come(conn.sock):
            conn.data_ready = True
            self.small.append(conn)
        elif self.taken_on < self.cfg.threads and self.taken_on - reception.receiving() < self._places():
            self.taken_on += 1
            handled = self.tpool.submit(self._take_on, conn)
            handled.add_done_callback(lambda done: self.method_queue.defer(self._finish_taken_on, conn, done))
        else:
            self._refuse(conn)

    def _places(self) -> int:
        """How many requests the gate lets in."""
        return int(self.cfg.threads) - SLOW_CLIENTS

    def _refuse(self, conn: TConn) -> None:
        handled = self.refusing.submit(self.handle, conn)
        handled.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _answer_here(self, conn: TConn) -> None:
        handled: Future[Any] = Future()
        handled.set_result(self.handle(conn))
        self.finish_request(conn, handled)

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


def _has_read_ahead(conn: TConn) -> bool:
    """Whether bytes of the next request were read with the one before."""
    return isinstance(conn.parser, RequestParser) and bool(conn.parser.unreader.buf.getvalue())
