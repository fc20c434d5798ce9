"""Reads a prediction request that has arrived completely and has common headers, without waiting for its client."""

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
# The headers that say where a body ends, or that its client waits before it sends one.
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


def peek(connection: socket) -> bytes | None:
    """Return a prediction request if exactly one has arrived completely, else None; its bytes stay unread."""
    try:
        seen = connection.recv(MOST_BYTES + 1, MSG_PEEK | MSG_DONTWAIT)
    except OSError:
        return None
    return seen if len(seen) <= MOST_BYTES and is_whole(seen) else None


def is_whole(seen: bytes) -> bool:
    """Return whether these bytes are one prediction request whose body has the announced length."""
    head, _, body = seen.partition(b"\r\n\r\n")
    return _PREDICT.match(head) is not None and _LENGTHS.findall(head) == [b"%d" % len(body)]


def environ(seen: bytes, client: str) -> dict[str, Any] | None:
    """Return the WSGI environ of a request, with what the fast path reads; None if the request is uncommon.

    Uncommon are headers that _NAMES does not list, headers that occur twice, and connections to close.
    """
    parsed = _Parsed()
    parser = HttpRequestParser(parsed)
    try:
        parser.feed_data(seen)
    except HttpParserError:
        return None
    names = [_NAMES.get(name.lower()) for name, _ in parsed.headers]
    is_common = None not in names and len(set(names)) == len(names)
    if not is_common or parsed.complete != 1 or parser.get_http_version() != "1.1":
        return None
    path, _, query = parsed.url.decode("latin-1").partition("?")
    headers = {name: value.decode("latin-1") for name, (_, value) in zip(names, parsed.headers, strict=True)}
    # The parser's own should_keep_alive() is already about the next request, which has no headers yet.
    if headers.get("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive":
        return None
    own = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": client}
    return {**headers, **own, "wsgi.input": BytesIO(parsed.body)}  # type: ignore[dict-item]


def response(status: HTTPStatus, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Return the bytes of a response as gunicorn would send it."""
    own = [("Server", SERVER), ("Date", _date(int(time.time()))), ("Connection", "keep-alive")]
    lines = [f"{name}: {value}" for name, value in (*own, *headers)]
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


@lru_cache(1)
def _date(seconds: int) -> str:
    return http_date(seconds)


class _Parsed:
    """Collects what the parser finds; the parser calls the methods by these names."""

    def __init__(self) -> None:
        self.url = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = 0

    def on_url(self, url: bytes) -> None:
        """Append to path and query."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Append a header."""
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Append to the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Count the end of a request."""
        self.complete += 1
