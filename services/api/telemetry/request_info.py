"""What is known of one request: the app notes it down, and metrics and the access log tell it."""

import math
import random
import re
from dataclasses import dataclass
from typing import Any

from services.api import deadline

_KEY = "petalstream.notes"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags; later versions may have more behind.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{1,100})?")


@dataclass
class RequestInfo:
    """Its id and trace context, its `deadline` (deadline.py), the route that answers it, and what was scored for it."""

    request_id: str
    traceparent: str | None
    deadline: float = math.inf
    route: str = "unmatched"
    model: str | None = None
    version: str | None = None
    rows: int | None = None

    def headers(self) -> list[tuple[str, str]]:
        """The headers that tell the client the id and the trace context."""
        beside = [("X-Request-ID", self.request_id)]
        if self.traceparent:
            beside.append(("traceparent", self.traceparent))
        return beside


def begin(environ: dict[str, Any]) -> RequestInfo:
    """New notes for a request, with the id that it brings in X-Request-ID, or one made here where it brings none."""
    brought, traceparent = environ.get("HTTP_X_REQUEST_ID", ""), environ.get("HTTP_TRACEPARENT", "")
    notes = RequestInfo(
        request_id=brought if _REQUEST_ID.fullmatch(brought) else f"{random.getrandbits(128):032x}",
        traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
        deadline=deadline.of(environ),
    )
    environ[_KEY] = notes
    return notes


def of(environ: dict[str, Any]) -> RequestInfo:
    """The notes of a request that `begin` was called for."""
    notes: RequestInfo = environ[_KEY]
    return notes
