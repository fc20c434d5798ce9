"""Disconnects the clients of a server that read nothing of their responses."""

import socket
from collections.abc import Iterable
from typing import Any

# What sends nothing of a response to its client for so long closes the connection (tcp(7)).
STALLED_MS = 30_000


def disconnect(listeners: Iterable[Any]) -> None:
    """Have the kernel close the connections that gunicorn's listeners accept and whose client reads nothing for 30 s.

    A listener of a Unix socket is left as it is.
    """
    for listener in listeners:
        if listener.sock.family != socket.AF_UNIX:
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
