"""gunicorn's worker with threads, but for four things."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from services.api.gateway import admission, receiving
from services.api.server import whole_request
from services.api.server.connection_balance import ConnectionBalance
from services.api.telemetry import worker_slot

# Threads beyond those that the gate lets in: so many clients may send slowly and hold up nobody.
SLOW_CLIENTS = 16
# One: each that is awake takes the interpreter from those at work, and two refuse no faster.
REFUSING_THREADS = 1
# So long a client may take over an answer of which there is more than the system keeps for it.
TAKE_SECONDS = 30.0
# Requests in WSGI's terms to each one's answer: headers and body, None where that takes the ordinary way.
BatchCall = Callable[[Sequence[dict[str, Any]]], Sequence[tuple[Sequence[tuple[str, str]], bytes] | None]]
# A connection, and the request that is to be read from it.
Came = tuple[TConn, bytes]


class Worker(ThreadWorker):
    """Takes on as many requests as the gate lets in, and has the rest refused by a thread of its own.

    ThreadWorker has one line for all, without bound: in a crowd, who is to be refused would stand in the way of who is
    taken on, and would hear of it late.

    A request that is all there is answered by gunicorn's loop itself where that need not wait: to hand it to a thread,
    and the connection back, takes longer than most answers. Of those that came together it takes on as many as the gate
    lets in, and of those that came while it was at work as many as the gate had places left.

    A new connection it leaves to workers that have fewer (connection_balance.py).

    It also closes its listening sockets as soon as it is asked to stop. ThreadWorker only looks at them no longer:
    whoever connects while the last requests end would wait for an answer until the process is gone, instead of being
    refused and asking elsewhere.
    """

    shares: ConnectionBalance  # given by gunicorn_conf.py before the worker is forked

    def init_process(self) -> None:
        """What gunicorn calls in the new process, and returns from at its end."""
        self.taken_on = 0
        self.whole: list[Came] = []
        self.refusing = ThreadPoolExecutor(REFUSING_THREADS, initializer=admission.close_here)
        super().init_process()

    def load_wsgi(self) -> None:
        """What gunicorn calls for the app, which may have a way to answer at once (gateway/middleware.py)."""
        super().load_wsgi()
        front = getattr(self.wsgi, "wsgi_app", None)
        self.at_once: BatchCall | None = getattr(front, "at_once", None)
        self.refuse_at_once: BatchCall | None = getattr(front, "refuse_at_once", None)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """What gunicorn's loop calls again and again."""
        came, places = self.whole or self._come(timeout), self._places()
        self.whole = []
        self._refuse_all(came[places:])
        let_in = came[:places]
        answers = self._answers(let_in, self.at_once, HTTPStatus.OK)
        if len(let_in) > 1:
            # Who came meanwhile is looked at before these have their answers: later nobody could tell who came while
            # the places were taken, and would wait for these and for those of the next turn too.
            late, left = self._come(0), places - len(let_in)
            self._refuse_all(late[left:])
            self.whole = late[:left]
        # Otherwise in a thread: gunicorn would wait here until the client has taken its answer, which may be never.
        self._send_all(let_in, answers, self._hand_over)

    def _come(self, timeout: float | None) -> list[Came]:
        """The requests that have come as a whole, where need be within `timeout`; threads have all others."""
        super().wait_for_and_dispatch_events(timeout)
        if self.alive:
            self.shares.tell(self.nr_conns)
        came, self.whole = self.whole, []
        return came

    def enqueue_req(self, conn: TConn) -> None:
        """What gunicorn's loop calls for a connection on which a request has come, in one thread always."""
        nobody_works = self.alive and self.taken_on == receiving.receiving()
        if self.at_once and nobody_works and not _has_read_ahead(conn) and (seen := whole_request.come(conn.sock)):
            conn.data_ready = True
            self.whole.append((conn, seen))
        else:
            self._hand_over(conn)

    def _hand_over(self, conn: TConn) -> None:
        if self.taken_on < self.cfg.threads and self.taken_on - receiving.receiving() < self._places():
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

    def _refuse_all(self, came: Sequence[Came]) -> None:
        answers = self._answers(came, self.refuse_at_once, HTTPStatus.SERVICE_UNAVAILABLE)
        self._send_all(came, answers, self._refuse)

    def _send_all(
        self, came: Sequence[Came], answers: Sequence[bytes | None], otherwise: Callable[[TConn], None]
    ) -> None:
        """Send the answers; where there is none, leave the connection to `otherwise`."""
        for (conn, seen), answer in zip(came, answers, strict=True):
            if answer:
                self._send(conn, seen, answer)
            else:
                otherwise(conn)

    def _answers(self, came: Sequence[Came], ask: BatchCall | None, status: HTTPStatus) -> Sequence[bytes | None]:
        """The answers, without gunicorn's parser and WSGI; all requests stay unread."""
        nothing: list[bytes | None] = [None] * len(came)
        if not ask or not came:
            return nothing
        try:
            environs = [_environ(conn, seen) for conn, seen in came]
            usual = iter(ask([environ for environ in environs if environ]))
            answers = [next(usual) if environ else None for environ in environs]
            return [whole_request.response(status, *answer) if answer else None for answer in answers]
        except Exception:  # which would end the worker, and here ends nothing: the ordinary way meets it again
            self.log.exception("requests could not be answered at once")
            return nothing

    def _send(self, conn: TConn, seen: bytes, answer: bytes) -> None:
        """Take the request from the connection and send the answer; what the client does not take now, in a thread."""
        try:
            conn.init()
            conn.sock.setblocking(False)
            conn.sock.recv(len(seen))
            left = answer[conn.sock.send(answer) :]
        except OSError:  # the client is gone
            self._finish(conn, False)
            return
        if not left:
            self._finish(conn, True)
            return
        self.taken_on += 1
        sent = self.tpool.submit(send_on, conn, left)
        sent.add_done_callback(lambda done: self.method_queue.defer(self._finish_taken_on, conn, done))

    def _finish(self, conn: TConn, is_kept: bool) -> None:
        handled: Future[bool] = Future()
        handled.set_result(is_kept)
        self.finish_request(conn, handled)

    def _take_on(self, conn: TConn) -> Any:
        with receiving.begun():
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
        if self.alive and not self.shares.leaves(self.nr_conns):
            super().accept(listener)
            self.shares.tell(self.nr_conns)

    def _close_listeners(self) -> None:
        self.shares.forget(worker_slot.number)
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()


def _environ(conn: TConn, seen: bytes) -> dict[str, Any] | None:
    """What small.environ reads, and the connection, which knows since when the request waits (deadline.py)."""
    environ = whole_request.environ(seen, conn.client[0] if isinstance(conn.client, tuple) else "")
    return environ and {**environ, "gunicorn.socket": conn.sock}


def send_on(conn: TConn, left: bytes) -> bool:
    """Send the rest of an answer, after which the connection is kept. Raises TimeoutError after TAKE_SECONDS."""
    conn.sock.settimeout(TAKE_SECONDS)
    conn.sock.sendall(left)
    return True


def _has_read_ahead(conn: TConn) -> bool:
    """Whether bytes of the next request were read with the one before."""
    return isinstance(conn.parser, RequestParser) and bool(conn.parser.unreader.buf.getvalue())
