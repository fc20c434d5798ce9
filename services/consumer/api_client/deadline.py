"""An adapter for requests with a timeout for the whole response.

The read timeout of requests starts anew with each byte: a server that sends one byte a second holds its client forever.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class DeadlineAdapter(HTTPAdapter):
    """Sends requests whose read timeout is the time for all of the response: status, headers and body."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool manager that requests asks for, with pools of our own connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _HttpsPool}


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline, which is the socket's timeout from now on."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._raw = connection, connection.makefile("rb", buffering=0)
        timeout = connection.gettimeout()
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def readable(self) -> bool:
        """Return True, which BufferedReader requires."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read into `buffer`; return the number of bytes. Raises TimeoutError."""
        if self._deadline is not None:
            seconds_left = self._deadline - time.monotonic()
            if seconds_left <= 0:
                raise TimeoutError("timed out")
            self._socket.settimeout(seconds_left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the reader, and not the socket, which the next request uses."""
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _HttpsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection
