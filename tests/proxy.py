"""A proxy before the real api that a test can let refuse, or dawdle over, what it is asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Judge = Callable[[bytes], tuple[int, dict[str, str]] | None]


@contextmanager
def proxy(target: str, judge: Judge) -> Iterator[str]:
    """The address of a proxy of `target`; status and headers that `judge` gives for a POST are answered instead."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(requests.get(target + self.path, timeout=10))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if refusal := judge(body):
                status, headers = refusal
                self._write(status, b"{}", headers)
            else:
                headers = {"Content-Type": self.headers["Content-Type"]}
                self._answer(requests.post(target + self.path, body, headers=headers, timeout=10))

        def _answer(self, answer: requests.Response) -> None:
            self._write(answer.status_code, answer.content, {})

        def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
