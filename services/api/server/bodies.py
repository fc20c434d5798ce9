"""Reads the body of a request on the event loop, so that a slow client takes no thread."""

from http import HTTPStatus
from io import BytesIO
from typing import Any

from starlette.types import Message, Receive

from services.api.telemetry import metrics

MOST_SMALL_BYTES = 64 * 1024
# Of a body that is too long, so much is read and dropped: a client that still sends would not read the response.
MOST_DROPPED_BYTES = 64 * 1024 * 1024
# Bodies that arrive slowly may take so many times the largest body together.
MOST_BODIES = 64
# Each piece takes some microseconds of the event loop: a megabyte in chunks of a byte would take seconds.
MOST_PIECES = 20_000


class NotRead(RuntimeError):
    """A body that is not read to its end; `status` is that of the response."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def is_small(message: Message) -> bool:
    """Return whether an ASGI message is a whole body of at most MOST_SMALL_BYTES."""
    return not message.get("more_body") and len(message.get("body", b"")) <= MOST_SMALL_BYTES and "body" in message


class Bodies:
    """Reads bodies, of each of which `most_bytes` and one more are kept at most."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        # The bytes of all bodies that have not arrived completely.
        self._held = 0

    async def read_into(self, environ: dict[str, Any], message: Message, receive: Receive) -> None:
        """Make a body that begins with `message` the input of a WSGI environ. Raises NotRead."""
        content = bytearray()
        try:
            await self._read(content, message, receive)
        finally:
            self._held -= len(content)
        environ["wsgi.input"] = BytesIO(content)
        environ["CONTENT_LENGTH"] = str(len(content))
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    async def _read(self, content: bytearray, message: Message, receive: Receive) -> None:
        dropped = pieces = 0
        while True:
            if message["type"] == "http.disconnect":
                raise NotRead(HTTPStatus.REQUEST_TIMEOUT, "the rest of the body did not arrive in time")
            piece = message.get("body", b"")
            kept = piece[: max(0, self._most_bytes + 1 - len(content))]
            content += kept
            self._held += len(kept)
            dropped += len(piece) - len(kept)
            pieces += 1
            if not message.get("more_body") or dropped > MOST_DROPPED_BYTES:
                return
            if pieces >= MOST_PIECES:
                raise NotRead(HTTPStatus.BAD_REQUEST, f"the body is sent in more than {MOST_PIECES} pieces")
            if self._held > MOST_BODIES * self._most_bytes and len(content) > MOST_SMALL_BYTES:
                metrics.REJECTED.inc()
                raise NotRead(HTTPStatus.SERVICE_UNAVAILABLE, "too many large requests arrive; try again in a moment")
            message = await receive()
