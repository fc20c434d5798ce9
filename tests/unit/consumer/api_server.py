"""An HTTP server that stands in for the api: a test says how it responds."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_servers import serving

COLUMNS: dict[str, Any] = {
    "model": "iris",
    "version": "1",
    "rows": 1,
    "label": ["setosa"],
    "probabilities": {"setosa": [1.0]},
    "warnings": {},
    "errors": {},
}
SETOSA = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}


@dataclass(frozen=True)
class SeenRequest:
    """A request as the server read it; `client_port` tells its connection."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    client_port: int


@dataclass
class ApiServer:
    """Responds to POST with `status`, `headers` and `body`, and to GET with the next status of `ready`.

    `before_response` is called with the handler of each POST; if it returns True, there is no response.
    """

    url: str = ""
    status: int = 200
    body: bytes = json.dumps(COLUMNS).encode()
    headers: tuple[tuple[str, str], ...] = ()
    ready: Iterator[int] = field(default_factory=lambda: itertools.repeat(200))
    before_response: Callable[[BaseHTTPRequestHandler], bool] = lambda handler: False
    seen: list[SeenRequest] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        """The paths of all requests, in order."""
        return [request.path for request in self.seen]


def problem(*errors: dict[str, object]) -> bytes:
    """Return the body of an error response of the api."""
    return json.dumps({"type": "about:blank", "detail": "no", "errors": errors}).encode()


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Run a server on loopback."""
    api = ApiServer()
    with serving(_handler(api)) as port:
        api.url = f"http://127.0.0.1:{port}/"
        try:
            yield api
        finally:
            api.stopped.set()


def _handler(api: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            self._note(self.rfile.read(int(self.headers["Content-Length"])))
            if api.before_response(self):
                self.close_connection = True
            else:
                self._respond(api.status, api.body, api.headers)

        def do_GET(self) -> None:
            self._note(b"")
            self._respond(next(api.ready), b"")

        def _note(self, body: bytes) -> None:
            port = self.client_address[1]
            api.seen.append(SeenRequest(self.command, self.path, body, dict(self.headers), port))

        def _respond(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            pass

    return Handler
