"""Clients that send a byte a second, and how long a server bears with them."""

import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence

_POST = b"POST /models/iris/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
# What is sent at once, and what is sent again and again.
HEADER = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a"
BODY = _POST + b"Content-Length: 100000\r\n\r\n", b" "
CHUNKS = _POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"


class SlowClient:
    """A connection on which `beginning` is sent at once, and then `piece` once a second for as long as it is open."""

    def __init__(self, port: int, trusted: ssl.SSLContext, beginning: bytes, piece: bytes) -> None:
        plain = socket.create_connection(("localhost", port), 10)
        self._connection = trusted.wrap_socket(plain, server_hostname="localhost")
        self._connection.sendall(beginning)
        self._connection.setblocking(False)
        self._piece = piece
        self._began = self._sent = time.monotonic()
        self.seconds: float | None = None
        self.answer = b""

    def fileno(self) -> int:
        """The connection's, to wait on."""
        return self._connection.fileno()

    def go_on(self) -> None:
        """Send the next piece if it is time, and look whether the server has closed."""
        if self.seconds is not None:
            return
        try:
            if time.monotonic() - self._sent >= 1:
                self._sent = time.monotonic()
                self._connection.sendall(self._piece)
            received = self._connection.recv(4096)
        except ssl.SSLWantReadError:
            return
        except OSError:
            received = b""
        self.answer += received
        if not received:
            self.seconds = time.monotonic() - self._began
            self._connection.close()

    def close(self) -> None:
        """Close the connection where the server has not."""
        self._connection.close()


def until_cut_off(clients: Sequence[SlowClient], meanwhile: Callable[[], None], seconds: float) -> None:
    """Go on with the clients until the server has closed them all, calling `meanwhile` all the time.

    Raises TimeoutError after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while left := [client for client in clients if client.seconds is None]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s {len(left)} of {len(clients)} slow clients are still borne with")
        select.select(left, [], [], 0.1)
        for client in left:
            client.go_on()
        meanwhile()
