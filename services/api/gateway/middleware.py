"""The WSGI middleware around Flask: it tries the fast path, gives each response its id, and counts it."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import werkzeug

from petalstream.reasons import Reason
from petalstream.web import security_headers
from services.api import deadline, errors
from services.api.gateway import problems
from services.api.gateway.fast_path import FastPath
from services.api.gateway.parsed_request import Environ, Headers, HeadersAndBody, Request
from services.api.telemetry import access_log, metrics, request_info
from services.api.telemetry.request_info import RequestInfo

# All other methods are one label, since clients can invent them.
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
# To look up a labelled series takes longer than to count in it.
requests_of, duration_of = cache(metrics.REQUESTS.labels), cache(metrics.DURATION.labels)
OVERLOADED = "too many requests are in flight; try again in a moment"
Response = tuple[int, Headers, bytes]


class StatusRecorder:
    """WSGI's start_response: adds the request's id and trace context, and remembers the status and the size."""

    def __init__(self, start_response: Callable[..., Any], request: RequestInfo) -> None:
        self._start_response, self._request = start_response, request
        self.status, self.size = 500, "-"

    def __call__(self, status: str, headers: Headers, *error: Any) -> Any:
        """Start the response."""
        self.status, self.size = int(status[:3]), dict(headers).get("Content-Length", "-")
        return self._start_response(status, headers + self._request.headers(), *error)


class Middleware:
    """A WSGI application around `app`, with a fast path beside it. With `logs_access`, requests are lines in a log."""

    def __init__(self, app: Callable[..., Iterable[bytes]], fast_path: FastPath, logs_access: bool) -> None:
        self._app, self.fast_path, self._logs_access = app, fast_path, logs_access

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle one request."""
        recorder = StatusRecorder(start_response, request_info.begin(environ))
        try:
            if response := self.fast_path(environ):
                headers, body = response
                recorder("200 OK", headers)
                return [body]
            return self._app(environ, recorder)
        finally:
            self._count(environ, recorder.status, recorder.size)

    def respond(self, environ: Environ) -> Response:
        """Return the complete response to a request that has its body."""
        response = werkzeug.Response.from_app(self, environ, buffered=True)
        return response.status_code, list(response.headers), response.get_data()

    def respond_together(self, requests: Sequence[Request]) -> list[Response | None]:
        """Return the 200 response to each request that the fast path has parsed, None where Flask must respond."""
        responses = self.fast_path.respond(requests)
        return [
            each and self._finish(request.environ, HTTPStatus.OK, each)
            for request, each in zip(requests, responses, strict=True)
        ]

    def reject(self, environ: Environ) -> Response:
        """Return the 503 response to a request without a place, or whose client waits no longer."""
        if deadline.has_passed(request_info.of(environ).deadline):
            return self.refuse(environ, HTTPStatus.SERVICE_UNAVAILABLE, str(errors.DeadlinePassed()))
        metrics.REJECTED.inc()
        return self.refuse(environ, HTTPStatus.SERVICE_UNAVAILABLE, OVERLOADED)

    def refuse(self, environ: Environ, status: HTTPStatus, detail: str, reason: Reason | None = None) -> Response:
        """Return the response to a request that is not handled."""
        media_type, text = problems.problem_text(environ["PATH_INFO"], status, detail, reason=reason)
        body = text.encode()
        headers = [
            ("Content-Type", media_type),
            ("Content-Length", str(len(body))),
            *security_headers.headers_for(media_type).items(),
        ]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("Retry-After", str(problems.RETRY_SECONDS)))
        return self._finish(environ, status, (headers, body))

    def _finish(self, environ: Environ, status: HTTPStatus, response: HeadersAndBody) -> Response:
        """Count a response, and return it with the request's id and trace context."""
        headers, body = response
        self._count(environ, status, str(len(body)))
        return status.value, headers + request_info.of(environ).headers(), body

    def _count(self, environ: Environ, status: int, size: str) -> None:
        request = request_info.of(environ)
        seconds = request.seconds()
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"
        requests_of(request.route, method, status).inc()
        duration_of(request.route).observe(seconds)
        if self._logs_access:
            access_log.write(environ, request, status, size, seconds)
