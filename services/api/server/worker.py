"""gunicorn's worker with threads, changed in four ways that the class lists."""

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

# Threads beyond the concurrency limit: so many clients may send slowly and delay no other.
SLOW_CLIENTS = 16
# Each running thread takes the interpreter lock from those that predict, and two reject no faster.
REJECTING_THREADS = 1
# A client that has not read the rest of its response after so long is disconnected.
SEND_SECONDS = 30.0
# From WSGI environs to headers and body of each response, None where a thread must handle the request.
BatchCall = Callable[[Sequence[dict[str, Any]]], Sequence[tuple[Sequence[tuple[str, str]], bytes] | None]]
# A connection, and the bytes of the request that is still to be read from it.
WholeRequest = tuple[TConn, bytes]


class Worker(ThreadWorker):
    """Changes ThreadWorker in four ways.

    1. A thread of its own rejects the requests above the concurrency limit. ThreadWorker has a single queue without a
       bound, in which requests to reject would delay admitted ones, and would be rejected late.
    2. gunicorn's event loop itself responds to a request that has arrived completely: to pass it to a thread, and the
       connection back, takes longer than most predictions. Of the requests that arrived together it admits as many as
       the limit allows, and of those that arrived meanwhile as many as the limit has left.
    3. It leaves new connections to workers that have fewer (connection_balance.py).
    4. It closes its listening sockets on SIGTERM. ThreadWorker only stops accepting: a client that connects while the
       last requests end would wait until the process ends, instead of being refused and connecting elsewhere.
    """

    balance: ConnectionBalance  # set by gunicorn_conf.py before the worker is forked

    def init_process(self) -> None:
        """Run the worker; gunicorn calls this in the new process."""
        self.running = 0
        self.arrived: list[WholeRequest] = []
        self.rejecting = ThreadPoolExecutor(REJECTING_THREADS, initializer=admission.reject_in_this_thread)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the app, whose middleware has functions for the event loop (gateway/middleware.py)."""
        super().load_wsgi()
        # Untyped, since an import of Middleware would create the metrics before gunicorn_conf.py shares their folder.
        app: Any = self.wsgi
        self.predict_batch: BatchCall = app.wsgi_app.predict_batch
        self.reject_batch: BatchCall = app.wsgi_app.reject_batch

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Handle what has arrived; gunicorn's event loop calls this again and again."""
        arrived, limit = self.arrived or self._receive(timeout), self._limit()
        self.arrived = []
        self._reject_all(arrived[limit:])
        admitted = arrived[:limit]
        responses = self._responses(admitted, self.predict_batch, HTTPStatus.OK)
        if len(admitted) > 1:
            # Admit or reject what arrived meanwhile before these responses are sent. Afterwards it could not be
            # distinguished from what arrives once the limit is free, and would wait for a second batch.
            late, left = self._receive(0), limit - len(admitted)
            self._reject_all(late[left:])
            self.arrived = late[:left]
        # Any other in a thread: gunicorn would block here until the client has read its response, which may be never.
        self._send_all(admitted, responses, self._pass_to_thread)

    def _receive(self, timeout: float | None) -> list[WholeRequest]:
        """Return the complete requests that arrive within `timeout`; all others are passed to threads."""
        super().wait_for_and_dispatch_events(timeout)
        if self.alive:
            self.balance.publish(self.nr_conns)
        arrived, self.arrived = self.arrived, []
        return arrived

    def enqueue_req(self, conn: TConn) -> None:
        """Take a connection that has bytes to read; gunicorn calls this in the thread of its event loop."""
        is_idle = self.alive and self.running == receiving.count()
        if is_idle and not _has_read_ahead(conn) and (seen := whole_request.peek(conn.sock)):
            conn.data_ready = True
            self.arrived.append((conn, seen))
        else:
            self._pass_to_thread(conn)

    def _pass_to_thread(self, conn: TConn) -> None:
        if self.running < self.cfg.threads and self.running - receiving.count() < self._limit():
            self.running += 1
            handled = self.tpool.submit(self._handle, conn)
            handled.add_done_callback(lambda done: self.method_queue.defer(self._finish_running, conn, done))
        else:
            self._reject(conn)

    def _limit(self) -> int:
        """Return how many requests the concurrency limit admits."""
        return int(self.cfg.threads) - SLOW_CLIENTS

    def _reject(self, conn: TConn) -> None:
        handled = self.rejecting.submit(self.handle, conn)
        handled.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _reject_all(self, requests: Sequence[WholeRequest]) -> None:
        responses = self._responses(requests, self.reject_batch, HTTPStatus.SERVICE_UNAVAILABLE)
        self._send_all(requests, responses, self._reject)

    def _send_all(
        self, requests: Sequence[WholeRequest], responses: Sequence[bytes | None], otherwise: Callable[[TConn], None]
    ) -> None:
        """Send the responses; a request without one goes to `otherwise`."""
        for (conn, seen), response in zip(requests, responses, strict=True):
            if response:
                self._send(conn, seen, response)
            else:
                otherwise(conn)

    def _responses(
        self, requests: Sequence[WholeRequest], call: BatchCall, status: HTTPStatus
    ) -> Sequence[bytes | None]:
        """Return the responses of `call`, without gunicorn's parser and WSGI; the requests stay unread."""
        if not requests:
            return []
        try:
            environs = [_environ(conn, seen) for conn, seen in requests]
            common = iter(call([environ for environ in environs if environ]))
            responses = [next(common) if environ else None for environ in environs]
            return [whole_request.response(status, *each) if each else None for each in responses]
        except Exception:  # it would end the worker; in a thread the same request fails alone
            self.log.exception("requests could not be answered at once")
            return [None] * len(requests)

    def _send(self, conn: TConn, seen: bytes, response: bytes) -> None:
        """Read the request and send its response; a thread sends what does not fit into the socket's buffer."""
        try:
            conn.init()
            conn.sock.setblocking(False)
            conn.sock.recv(len(seen))
            left = response[conn.sock.send(response) :]
        except OSError:  # the client is gone
            self._finish(conn, False)
            return
        if not left:
            self._finish(conn, True)
            return
        self.running += 1
        sent = self.tpool.submit(send_rest, conn, left)
        sent.add_done_callback(lambda done: self.method_queue.defer(self._finish_running, conn, done))

    def _finish(self, conn: TConn, is_kept: bool) -> None:
        handled: Future[bool] = Future()
        handled.set_result(is_kept)
        self.finish_request(conn, handled)

    def _handle(self, conn: TConn) -> Any:
        with receiving.receiving():
            return self.handle(conn)

    def _finish_running(self, conn: TConn, fs: Future[bool]) -> None:
        self.running -= 1
        self.finish_request(conn, fs)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on SIGTERM. The event loop closes the sockets, since it polls them."""
        super().handle_exit(sig, frame)
        self.method_queue.defer(self._close_listeners)

    def accept(self, listener: Any) -> None:
        """Accept a new connection, if it is still there and no other worker should; gunicorn calls this."""
        if self.alive and not self.balance.should_leave(self.nr_conns):
            super().accept(listener)
            self.balance.publish(self.nr_conns)

    def _close_listeners(self) -> None:
        self.balance.forget(worker_slot.number)
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()


def _environ(conn: TConn, seen: bytes) -> dict[str, Any] | None:
    """Return the WSGI environ with the connection, which knows when the request arrived (deadline.py)."""
    environ = whole_request.environ(seen, conn.client[0] if isinstance(conn.client, tuple) else "")
    return environ and {**environ, "gunicorn.socket": conn.sock}


def send_rest(conn: TConn, left: bytes) -> bool:
    """Send the rest of a response and keep the connection. Raises TimeoutError after SEND_SECONDS."""
    conn.sock.settimeout(SEND_SECONDS)
    conn.sock.sendall(left)
    return True


def _has_read_ahead(conn: TConn) -> bool:
    """Return whether gunicorn has read bytes of this request with the one before."""
    return isinstance(conn.parser, RequestParser) and bool(conn.parser.unreader.buf.getvalue())
