"""Answers /health, /ready and /metrics over HTTP, in threads of its own."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from services.consumer.health.state import Health

# A client that sends or reads nothing for longer is disconnected.
CLIENT_SECONDS = 5.0
STOP_LOOK_SECONDS = 0.1
Environ = dict[str, Any]
Start = Callable[..., Any]


class PortNotFree(Exception):
    """The server cannot listen on its port."""


class _Handler(WSGIRequestHandler):
    """Logs no request, and no client that goes away or sends nothing."""

    timeout = CLIENT_SECONDS  # of each read and write

    def handle(self) -> None:
        """Answer one request."""
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Do nothing."""


@contextmanager
def serving(health: Health, host: str, port: int) -> Iterator[None]:
    """Answer on `port` while the context is open; port 0: not at all. Raises PortNotFree."""
    if not port:
        yield
        return
    try:
        server = make_server(host, port, application(health), ThreadingWSGIServer, _Handler)
    except OSError as error:
        raise PortNotFree(f"{host}:{port} cannot be listened on: {error.strerror or error}") from error
    thread = threading.Thread(target=server.serve_forever, args=(STOP_LOOK_SECONDS,), name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def application(health: Health) -> Callable[[Environ, Start], Iterable[bytes]]:
    """Return the WSGI application."""
    metrics = make_wsgi_app()

    def answer(environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            found: Iterable[bytes] = metrics(environ, start)
            return found
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _json(start, HTTPStatus.METHOD_NOT_ALLOWED, "only GET", None)
        if path == "/health":
            return _state(start, "alive", health.liveness.fault())
        if path == "/ready":
            return _state(start, "ready", health.why_not_ready())
        return _json(start, HTTPStatus.NOT_FOUND, "not found", "there are /health, /ready and /metrics")

    return answer


def _state(start: Start, state: str, fault: str | None) -> list[bytes]:
    if fault is None:
        return _json(start, HTTPStatus.OK, state, None)
    return _json(start, HTTPStatus.SERVICE_UNAVAILABLE, f"not {state}", fault)


def _json(start: Start, status: HTTPStatus, state: str, reason: str | None) -> list[bytes]:
    content = {"status": state} | ({"reason": reason} if reason else {})
    start(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]
