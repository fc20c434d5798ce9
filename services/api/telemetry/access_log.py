"""The access log: a line of JSON on standard output for each request."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from services.api.telemetry.request_info import RequestInfo

SHOWN = 500


def log(environ: dict[str, Any], request: RequestInfo, status: int, size: str, seconds: float) -> None:
    """Write one line; of a long path only the beginning, and of what was not scored no model."""
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": request.request_id,
        "traceparent": request.traceparent,
        "client": environ.get("REMOTE_ADDR"),
        "method": environ["REQUEST_METHOD"][:SHOWN],
        "path": environ["PATH_INFO"][:SHOWN],
        "route": request.route,
        "status": status,
        "response_bytes": int(size) if size.isdecimal() else None,
        "duration_ms": round(seconds * 1000, 3),
        "model": request.model,
        "version": request.version,
        "rows": request.rows,
    }
    # One write for the whole line, so that those of other threads and workers do not break it.
    sys.stdout.write(json.dumps({name: value for name, value in line.items() if value is not None}) + "\n")
    sys.stdout.flush()
