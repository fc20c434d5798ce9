"""A request that can be answered at once, without waiting for its client: all of it has come, and it is a usual one."""

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from socket import MSG_DONTWAIT, MSG_PEEK, socket
from typing import Any

from gunicorn import SERVER
from gunicorn.util import http_date
from httptools import HttpParserError, HttpRequestParser

from services.api import deadline

MOST_BYTES = 64 * 1024
_PREDICT = re.compile(rb"POST /(?:predict|models/[a-z0-9_]+/predict|v2/models/[a-z0-9_]+/infer)[ ?]")
# What says where a body ends, or has the client wait before it sends one.
_LENGTHS = re.compile(rb"\r\n(?:content-length|transfer-encoding|expect)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_NAMES = {
    b"accept": "HTTP_ACCEPT",
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"authorization": "HTTP_AUTHORIZATION",
    b"connection": "HTTP_CONNECTION",
    b"content-length": "CONTENT_LENGTH",
    b"content-type": "CONTENT_TYPE",
    b"host": "HTTP_HOST",
    b"traceparent": "HTTP_TRACEPARENT",
    b"user-agent": "HTTP_USER_AGENT",
    b"x-request-id": "HTTP_X_REQUEST_ID",
    b"x-request-timeout": deadline.VARIABLE,
}


def come(connection: socket) -> bytes | None:
    """All of one request for predictions, where it has come and nothing else has; it stays in the connection too."""
    try:
        seen = connection.recv(MOST_BYTES + 1, MSG_PEEK | MSG_DONTWAIT)
    except OSError:
        return None
    return seen if len(seen) <= MOST_BYTES and is_whole(seen) else None


def is_whole(seen: bytes) -> bool:
    """Whether these bytes are a request for predictions, of as many bytes as it announces."""
    head, _, body = seen.partition(b"\r\n\r\n")
    return _PREDICT.match(head) is not None and _LENGTHS.findall(head) == [b"%d" % len(body)]


def environ(seen: bytes, client: str) -> dict[str, Any] | None:
    """The request in WSGI's terms, of which it has those that the short way looks at; None where it is an unusual one.

    Unusual is any header beyond the commonest ones, one that comes twice, and a connection that is not to be kept.
    """
    reading = _Reading()
    parser = HttpRequestParser(reading)
    try:
        parser.feed_data(seen)
    except HttpParserError:
        return None
    names = [_NAMES.get(name.lower()) for name, _ in reading.headers]
    usual = None not in names and len(set(names)) == len(names)
    if not usual or reading.complete != 1 or parser.get_http_version() != "1.1":
        return None
    path, _, query = reading.url.decode("latin-1").partition("?")
    headers = {name: value.decode("latin-1") for name, (_, value) in zip(names, reading.headers, strict=True)}
    # The parser itself says of a request that is complete what it says of the next, which has no headers yet.
    if headers.get("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive":
        return None
    own = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": client}
    return {**headers, **own, "wsgi.input": BytesIO(reading.body)}  # type: ignore[dict-item]


def response(status: HTTPStatus, fields: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """The answer as gunicorn would send it."""
    told = [("Server", SERVER), ("Date", _date(int(time.time()))), ("Connection", "keep-alive"), *fields]
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in told), "", ""]
    return "\r\n".join(head).encode() + body


@lru_cache(1)
def _date(seconds: int) -> str:
    return http_date(seconds)


class _Reading:
    """What the parser finds, which calls the methods by these names."""

    def __init__(self) -> None:
        self.url = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = 0

    def on_url(self, url: bytes) -> None:
        """Path and query, or a part of them."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """The body, or a part of it."""
        self.body += body

    def on_message_complete(self) -> None:
        """The end of a request."""
        self.complete += 1
