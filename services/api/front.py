"""What stands before the app: it names each request, lets it in or turns it away, and measures what became of it."""

import json
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from services.api import access, headers, metrics, notes, problems
from services.api.gate import Gate
from services.api.notes import Notes

Environ = dict[str, Any]
# Whoever asks how the api is must hear it above all when it has too much to do.
UNGATED = frozenset(("/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"))
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
# gunicorn closes the connection then, and says so to nobody: the next request on it would have no answer.
MOST_UNREAD = 64 * 1024
BUSY = "too many requests are in flight; try again in a moment"


class Told:
    """Passes an answer's head on, with the request's id and trace context in it, and remembers status and size."""

    def __init__(self, environ: Environ, start_response: Callable[..., Any], request: Notes) -> None:
        self._environ, self._start_response, self._request = environ, start_response, request
        self.status, self.size = 500, "0"

    def __call__(self, status: str, fields: list[tuple[str, str]], *error: Any) -> Any:
        """WSGI's start_response."""
        self.status, self.size = int(status[:3]), dict(fields).get("Content-Length", "-")
        beside = [("X-Request-ID", self._request.request_id)]
        if self._request.traceparent:
            beside.append(("traceparent", self._request.traceparent))
        scored = self._environ["REQUEST_METHOD"] == "POST" and self.status == HTTPStatus.OK
        if not scored and _has_long_body(self._environ):
            getattr(self._environ["wsgi.input"], "close_connection", bool)()
        return self._start_response(status, fields + beside, *error)


class Front:
    """A WSGI application around another one; `logs_access` has each request told on standard output."""

    def __init__(self, app: Callable[..., Iterable[bytes]], gate: Gate, logs_access: bool) -> None:
        self._app, self._gate, self._logs_access = app, gate, logs_access

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        began, request = time.perf_counter(), notes.begin(environ)
        told = Told(environ, start_response, request)
        try:
            if environ["PATH_INFO"] in UNGATED:
                return self._app(environ, told)
            return self._gated(environ, told)
        finally:
            seconds = time.perf_counter() - began
            method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"
            metrics.REQUESTS.labels(request.route, method, told.status).inc()
            metrics.DURATION.labels(request.route).observe(seconds)
            if self._logs_access:
                access.log(environ, request, told.status, told.size, seconds)

    def _gated(self, environ: Environ, told: Told) -> Iterable[bytes]:
        """What the app answers, where the request may come in; the answer is whole when its turn ends."""
        with metrics.IN_FLIGHT.track_inprogress():
            if not self._gate.enter():
                return _turn_away(environ, told)
            try:
                return self._app(environ, told)
            finally:
                self._gate.leave()


def _has_long_body(environ: Environ) -> bool:
    """Whether an app that has not read the body leaves more than gunicorn reads for it before the next request."""
    return int(environ.get("CONTENT_LENGTH") or 0) >= MOST_UNREAD or "HTTP_TRANSFER_ENCODING" in environ


def _turn_away(environ: Environ, told: Told) -> Iterable[bytes]:
    """503 at once, without a step into the app."""
    metrics.REJECTED.inc()
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if environ["PATH_INFO"].startswith(problems.V2):
        kind, said = "application/json", json.dumps({"error": BUSY})
    else:
        kind, said = "application/problem+json", json.dumps(problems.content(status, BUSY))
    body = said.encode()
    told(
        f"{status.value} {status.phrase}",
        [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(problems.RETRY_SECONDS)),
            *headers.security(kind).items(),
        ],
    )
    return [body]
