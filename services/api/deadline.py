"""The deadline of a request, from the header X-Request-Timeout: how many seconds its client waits for the response.

HTTP has no standard header for it; gRPC's grpc-timeout means the same.
"""

import math
import re
import time
from functools import lru_cache
from typing import Any

from services.api.errors import UnreadableTimeout

HEADER, VARIABLE = "X-Request-Timeout", "HTTP_X_REQUEST_TIMEOUT"
# A positive decimal number.
PATTERN = r"(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,6})?"


def of(environ: dict[str, Any]) -> float:
    """Return the deadline in seconds of time.monotonic(), or infinity without a readable timeout, which starts now."""
    seconds = _parse_seconds(environ.get(VARIABLE, ""))
    return math.inf if seconds is None else time.monotonic() + seconds


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
