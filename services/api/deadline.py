"""The deadline of a request, from the header X-Request-Timeout: how many seconds its client waits for the response.

HTTP has no standard header for it; gRPC's grpc-timeout means the same.
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
# The size of Linux's struct tcp_info up to the end of tcpi_last_data_recv, which is in milliseconds.
_TCP_INFO_BYTES = 56


def of(environ: dict[str, Any]) -> float:
    """Return the deadline in seconds of time.monotonic(), or infinity without a readable timeout.

    The timeout starts when the last bytes that were sent of the request arrived at this machine.
    """
    seconds = _parse_seconds(environ.get(VARIABLE, ""))
    return math.inf if seconds is None else time.monotonic() - _age(environ.get("gunicorn.socket")) + seconds


def has_passed(deadline: float) -> bool:
    """Return whether the client no longer waits."""
    return time.monotonic() >= deadline


def require_readable(environ: dict[str, Any]) -> None:
    """Raise UnreadableTimeout if the request has a timeout that cannot be read."""
    timeout = environ.get(VARIABLE)
    if timeout is not None and _parse_seconds(timeout) is None:
        expected = f"{HEADER} must be a positive number of seconds such as 2 or 0.5"
        raise UnreadableTimeout(f"{expected}, not {timeout[:40]!r}")


@lru_cache(100)
def _parse_seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(PATTERN, text) else None


def _age(connection: socket.socket | None) -> float:
    """Return for how many seconds the newest bytes have been in the connection, or 0 if the system cannot tell."""
    if connection is None or not hasattr(socket, "TCP_INFO"):
        return 0.0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:  # not a TCP connection
        return 0.0
    (milliseconds,) = struct.unpack_from("I", info, _TCP_INFO_BYTES - 4)
    return float(milliseconds) / 1000
