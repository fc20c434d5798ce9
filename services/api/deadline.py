"""Reads how long a client waits for its response: the request header X-Request-Timeout, in seconds.

HTTP has no standard for it; gRPC sends the same in grpc-timeout.
"""

import math
import re
import socket
import struct
import time
from functools import lru_cache
from typing import Any

from services.api.errors import UnreadableTimeout

HEADER, VARIABLE = "X-Request-Timeout", "HTTP_X_REQUEST_TIMEOUT"
# A positive decimal number.
PATTERN = r"(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,6})?"
# The bytes of Linux's struct tcp_info up to the end of tcpi_last_data_recv, which is in milliseconds.
_TCP_INFO_BYTES = 56


def of(environ: dict[str, Any]) -> float:
    """Return when the client stops waiting, by time.monotonic(); infinity without a readable timeout.

    The timeout begins when the newest bytes of the request arrived at this machine.
    """
    seconds = _seconds(environ.get(VARIABLE, ""))
    return math.inf if seconds is None else time.monotonic() - _waited(environ.get("gunicorn.socket")) + seconds


def has_passed(deadline: float) -> bool:
    """Return whether the client has stopped waiting."""
    return time.monotonic() >= deadline


def require_readable(environ: dict[str, Any]) -> None:
    """Raise UnreadableTimeout if the request has a timeout that cannot be read."""
    given = environ.get(VARIABLE)
    if given is not None and _seconds(given) is None:
        raise UnreadableTimeout(f"{HEADER} must be a positive number of seconds such as 2 or 0.5, not {given[:40]!r}")


@lru_cache(100)
def _seconds(given: str) -> float | None:
    return float(given) if re.fullmatch(PATTERN, given) else None


def _waited(connection: socket.socket | None) -> float:
    """Return the seconds since the newest bytes of the connection arrived; 0 if the system does not know."""
    if connection is None or not hasattr(socket, "TCP_INFO"):
        return 0.0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:  # not a TCP connection
        return 0.0
    (milliseconds,) = struct.unpack_from("I", info, _TCP_INFO_BYTES - 4)
    return float(milliseconds) / 1000
