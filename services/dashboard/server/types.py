"""What an ASGI app is given: https://asgi.readthedocs.io/en/latest/specs/www.html."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

from petalstream.web import security_headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[str, str]]


async def start(send: Send, status: HTTPStatus, media_type: str, headers: Headers = ()) -> None:
    """Begin a response with its headers and those for security."""
    secured = security_headers.headers_for(media_type).items()
    named = [("content-type", f"{media_type}; charset=utf-8"), *secured, *headers]
    encoded = [(name.lower().encode(), value.encode()) for name, value in named]
    await send({"type": "http.response.start", "status": status.value, "headers": encoded})


async def respond(send: Send, status: HTTPStatus, media_type: str, text: str, headers: Headers = ()) -> None:
    """Send a whole response."""
    body = text.encode()
    await start(send, status, media_type, [("content-length", str(len(body))), *headers])
    await send({"type": "http.response.body", "body": body})
