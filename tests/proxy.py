"""A proxy before the real api that a test can let refuse, delay or cut off single requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests

from tests.http_servers import serving

Reply = tuple[int, dict[str, str]]
Judge = Callable[[bytes], Reply | None]
ModelJudge = Callable[[str, bytes], Reply | None]
CLOSE: Reply = (0, {})  # closes the connection without a response
FORWARDED = ("Content-Type", "Retry-After")
SECONDS = 30
# Each connection of the proxy has headers of its own for these.
OF_THE_CONNECTION = {"host", "connection", "content-length"}


@contextmanager
def proxy(target: str, judge: Judge) -> Iterator[str]:
    """Yield the address of a proxy of `target` that sends what `judge` returns for a prediction's body, if anything."""
    with model_proxy(target, lambda _, body: judge(body)) as url:
        yield url


@contextmanager
def model_proxy(target: str, judge: ModelJudge) -> Iterator[str]:
    """Yield the address of a proxy of `target`; `judge` gets the model's name and the body of each prediction.

    The proxy sends the status and headers that `judge` returns, and forwards the request where it returns None.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._forward(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # The list of models is no prediction.
            reply = judge(self.path.split("/")[2], body) if self.path.startswith("/models/") else None
            if reply == CLOSE:
                self.close_connection = True
            elif reply:
                self._write(reply[0], b"{}", reply[1])
            else:
                self._forward(body)

        def _forward(self, body: bytes) -> None:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION}
            headers["Via"] = "1.1 test"
            try:
                response = requests.request(
                    self.command, target + self.path, data=body, headers=headers, timeout=SECONDS
                )
            except requests.RequestException:  # the client gets what the proxy got: no response
                self.close_connection = True
                return
            kept = {name: response.headers[name] for name in FORWARDED if name in response.headers}
            self._write(response.status_code, response.content, kept)

        def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            try:
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:  # the client no longer waits
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}"
