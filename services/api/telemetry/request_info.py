"""Keeps what is known of a request, for its response, the metrics and the access log."""

import math
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

from services.api import deadline

_KEY = "petalstream.request_info"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags; later versions may append more.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{1,100})?")


@dataclass
class RequestInfo:
    """The id and trace context of a request, its `deadline` (deadline.py), its route, and what was scored for it."""

    request_id: str
    traceparent: str | None
    deadline: float = math.inf
    route: str = "unmatched"
    model: str | None = None
    version: str | None = None
    rows: int | None = None
    began: float = field(default_factory=time.perf_counter)

    def seconds(self) -> float:
        """Return for how long the request has been handled."""
        return time.perf_counter() - self.began

    def headers(self) -> list[tuple[str, str]]:
        """Return the response headers with the id and the trace context."""
        headers = [("X-Request-ID", self.request_id)]
        if self.traceparent:
            headers.append(("traceparent", self.traceparent))
        return headers


def begin(environ: dict[str, Any]) -> RequestInfo:
    """Keep and return the info of a request. Its id is that of the header X-Request-ID if valid, else random."""
    if _KEY in environ:
        return of(environ)
    request_id, traceparent = environ.get("HTTP_X_REQUEST_ID"), environ.get("HTTP_TRACEPARENT")
    if not (request_id and _REQUEST_ID.fullmatch(request_id)):
        request_id = f"{random.getrandbits(128):032x}"
    if not (traceparent and _TRACEPARENT.fullmatch(traceparent)):
        traceparent = None
    info = environ[_KEY] = RequestInfo(request_id, traceparent, deadline.of(environ))
    return info


def of(environ: dict[str, Any]) -> RequestInfo:
    """Return the info of a request that `begin` was called for."""
    info: RequestInfo = environ[_KEY]
    return info
