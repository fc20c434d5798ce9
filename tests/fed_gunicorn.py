"""Configures gunicorn for the tests' live page, with the limits of the real one."""

import socket
from typing import Any

worker_class = "asgi"
workers = 1
keepalive = 15
graceful_timeout = 3
control_socket_disable = True
STALLED_MS = 30_000


def post_fork(server: Any, forked: Any) -> None:
    """Have the kernel close the connections of viewers that read nothing for 30 s."""
    for listener in forked.sockets:
        listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
