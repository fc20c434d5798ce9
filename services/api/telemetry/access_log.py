"""Writes the access log: a line of JSON on standard output for each request."""

import json
from datetime import UTC, datetime
from typing import Any

from petalstream.line_writer import standard_output
from services.api.telemetry.request_info import RequestInfo

# The longest part of a method or path that is logged.
MOST_CHARACTERS = 500


def write(environ: dict[str, Any], request: RequestInfo, status: int, size: str, seconds: float) -> None:
    """Write the line of one request, without what is not known of it, such as the model of one that was not scored."""
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": request.request_id,
        "traceparent": request.traceparent,
        "client": environ.get("REMOTE_ADDR"),
        "method": environ["REQUEST_METHOD"][:MOST_CHARACTERS],
        "path": environ["PATH_INFO"][:MOST_CHARACTERS],
        "route": request.route,
        "status": status,
        "response_bytes": int(size) if size.isdecimal() else None,
        "duration_ms": round(seconds * 1000, 3),
        "model": request.model,
        "version": request.version,
        "rows": request.rows,
    }
    standard_output().write(json.dumps({name: value for name, value in line.items() if value is not None}) + "\n")
