"""Requests to the ASGI app in this process, as gunicorn's worker calls it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from tests.unit.api.asked import Asked

# Status, headers and body.
Received = tuple[int, list[tuple[str, str]], bytes]


def scope_of(asked: Asked) -> Scope:
    """What gunicorn makes of the head of a request."""
    length = ("Transfer-Encoding", "chunked") if asked.is_chunked else ("Content-Length", str(len(asked.body)))
    headers = [*asked.brought().items(), length]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "query_string": asked.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "server": ("127.0.0.1", 5000),
        "client": ("127.0.0.1", 40_000),
    }


async def receive_from(api: ASGIApp, asked: Asked, pieces: Sequence[bytes]) -> Received:
    """The response to a request whose body arrives in these pieces."""
    sent: list[Message] = []
    arriving = iter(pieces)
    left = len(pieces)

    async def receive() -> Message:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": next(arriving), "more_body": left > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    await api(scope_of(asked), receive, send)
    start, body = sent
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return start["status"], headers, body["body"]


def receive(api: ASGIApp, asked: Asked, pieces: Sequence[bytes] | None = None) -> Received:
    """The response to one request; its body arrives at once unless in `pieces`."""
    return asyncio.run(receive_from(api, asked, pieces or [asked.body]))


def receive_all(api: ASGIApp, requests: Sequence[Asked]) -> list[Received]:
    """The responses to requests that arrive in the same turn of the event loop."""

    async def ask() -> list[Any]:
        return await asyncio.gather(*(receive_from(api, asked, [asked.body]) for asked in requests))

    return asyncio.run(ask())
