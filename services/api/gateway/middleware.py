"""The WSGI middleware around Flask: it reads the body, admits or rejects the request, and counts its response."""

import io
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from services.api import deadline, errors
from services.api.gateway import problems, receiving, security_headers
from services.api.gateway.admission import ConcurrencyLimit
from services.api.gateway.fast_path import Environ, FastPath, Headers, HeadersAndBody
from services.api.telemetry import access_log, metrics, probe_paths, request_info
from services.api.telemetry.request_info import RequestInfo

# All other methods are one label, since clients can invent them.
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
# To look up a labelled series takes longer than to count in it.
requests_of, duration_of = cache(metrics.REQUESTS.labels), cache(metrics.DURATION.labels)
OVERLOADED = "too many requests are in flight; try again in a moment"


class StatusRecorder:
    """WSGI's start_response: adds the request's id and trace context, and remembers the status and the size."""

    def __init__(self, start_response: Callable[..., Any], request: RequestInfo) -> None:
        self._start_response, self._request = start_response, request
        # gunicorn responds so if a body breaks off, without a call of this.
        self.status, self.size = 400, "0"

    def __call__(self, status: str, headers: Headers, *error: Any) -> Any:
        """Start the response."""
        self.status, self.size = int(status[:3]), dict(headers).get("Content-Length", "-")
        return self._start_response(status, headers + self._request.headers(), *error)


class Middleware:
    """A WSGI application around `app`, with a fast path beside it. Bodies have at most `most_bytes`.

    With `logs_access`, each request is a line in the access log.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        fast_path: FastPath | None,
        limit: ConcurrencyLimit,
        most_bytes: int,
        logs_access: bool,
    ) -> None:
        self._app, self.fast_path, self._limit = app, fast_path, limit
        self._most_bytes, self._logs_access = most_bytes, logs_access

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle one request."""
        began, request = time.perf_counter(), request_info.begin(environ)
        recorder = StatusRecorder(start_response, request)
        try:
            if environ["PATH_INFO"] in probe_paths.UNLIMITED:
                return self._app(environ, recorder)
            with metrics.IN_FLIGHT.track_inprogress():
                self._read_body(environ)
                receiving.mark_received()
                return self._handle_within_limit(environ, recorder)
        finally:
            self._count(environ, request, recorder.status, recorder.size, began)

    def predict_batch(self, environs: Sequence[Environ]) -> list[HeadersAndBody | None]:
        """Return headers and body of the 200 response to each request that the fast path handles, else None.

        The requests arrived together, with their bodies, and take one place under the limit.
        """
        began, requests = time.perf_counter(), list(map(request_info.begin, environs))
        if not self.fast_path or not self._limit.acquire():
            return [None] * len(environs)
        try:
            responses = self.fast_path.predict_batch(environs)
        finally:
            self._limit.release()
        for environ, request, response in zip(environs, requests, responses, strict=True):
            if response:
                headers, body = response
                headers += request.headers()
                self._count(environ, request, HTTPStatus.OK, str(len(body)), began)
        return responses

    def reject_batch(self, environs: Sequence[Environ]) -> list[HeadersAndBody]:
        """Return headers and body of the 503 response to each request, which has its body."""
        return [self._reject(environ) for environ in environs]

    def _reject(self, environ: Environ) -> HeadersAndBody:
        began, request = time.perf_counter(), request_info.begin(environ)
        headers, body = _overloaded(environ)
        self._count(environ, request, HTTPStatus.SERVICE_UNAVAILABLE, str(len(body)), began)
        return headers + request.headers(), body

    def _count(self, environ: Environ, request: RequestInfo, status: int, size: str, began: float) -> None:
        seconds = time.perf_counter() - began
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"
        requests_of(request.route, method, status).inc()
        duration_of(request.route).observe(seconds)
        if self._logs_access:
            access_log.write(environ, request, status, size, seconds)

    def _read_body(self, environ: Environ) -> None:
        """Read the body before the limit counts the request, so that a slow client takes a thread and no place.

        The rest of a body that is too long stays unread, so the connection has to close after the response.
        """
        length, body = environ.get("CONTENT_LENGTH") or "0", environ["wsgi.input"]
        if length == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return
        is_too_long = int(length) > self._most_bytes
        if not is_too_long:
            content = body.read(self._most_bytes + 1)
            environ["wsgi.input"] = io.BytesIO(content)
            is_too_long = len(content) > self._most_bytes
        if is_too_long:
            getattr(body, "close_connection", bool)()

    def _handle_within_limit(self, environ: Environ, recorder: StatusRecorder) -> Iterable[bytes]:
        """Return the response of the fast path or the app, or 503. It must be complete when the limit is released."""
        until = request_info.of(environ).deadline
        if not self._limit.acquire(until):
            rejection = _deadline_passed(environ) if deadline.has_passed(until) else _overloaded(environ)
            return _send(recorder, HTTPStatus.SERVICE_UNAVAILABLE, rejection)
        try:
            if deadline.has_passed(until):
                return _send(recorder, HTTPStatus.SERVICE_UNAVAILABLE, _deadline_passed(environ))
            if self.fast_path and (response := self.fast_path(environ)):
                return _send(recorder, HTTPStatus.OK, response)
            return self._app(environ, recorder)
        finally:
            self._limit.release()


def _send(recorder: StatusRecorder, status: HTTPStatus, response: HeadersAndBody) -> Iterable[bytes]:
    headers, body = response
    recorder(f"{status.value} {status.phrase}", headers)
    return [body]


def _overloaded(environ: Environ) -> HeadersAndBody:
    metrics.REJECTED.inc()
    return _unavailable(environ, OVERLOADED)


def _deadline_passed(environ: Environ) -> HeadersAndBody:
    return _unavailable(environ, str(errors.DeadlinePassed()))


def _unavailable(environ: Environ, detail: str) -> HeadersAndBody:
    media_type, text = problems.problem_text(environ["PATH_INFO"], HTTPStatus.SERVICE_UNAVAILABLE, detail)
    body = text.encode()
    headers = [
        ("Content-Type", media_type),
        ("Content-Length", str(len(body))),
        ("Retry-After", str(problems.RETRY_SECONDS)),
        *security_headers.headers_for(media_type).items(),
    ]
    return headers, body
