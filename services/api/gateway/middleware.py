"""What stands before the app: it names each request, lets it in or turns it away, and measures what became of it."""

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

# Whoever asks how the api is must hear it above all when it has too much to do.
UNGATED = frozenset((*probe_paths.PROBES, probe_paths.METRICS))
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
# To look a series up takes longer than to count in it.
requests_of, duration_of = cache(metrics.REQUESTS.labels), cache(metrics.DURATION.labels)
BUSY = "too many requests are in flight; try again in a moment"


class StatusRecorder:
    """Passes an answer's head on, with the request's id and trace context in it, and remembers status and size."""

    def __init__(self, start_response: Callable[..., Any], request: RequestInfo) -> None:
        self._start_response, self._request = start_response, request
        # As gunicorn answers where a body breaks off, and nothing is told here.
        self.status, self.size = 400, "0"

    def __call__(self, status: str, fields: Headers, *error: Any) -> Any:
        """WSGI's start_response."""
        self.status, self.size = int(status[:3]), dict(fields).get("Content-Length", "-")
        return self._start_response(status, fields + self._request.headers(), *error)


class Middleware:
    """A WSGI application around another one, which takes bodies of at most `most_bytes`, and a short way beside it.

    `logs_access` has each request told on standard output.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        short_way: FastPath | None,
        gate: ConcurrencyLimit,
        most_bytes: int,
        logs_access: bool,
    ) -> None:
        self._app, self.short_way, self._gate = app, short_way, gate
        self._most_bytes, self._logs_access = most_bytes, logs_access

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        began, request = time.perf_counter(), request_info.begin(environ)
        told = StatusRecorder(start_response, request)
        try:
            if environ["PATH_INFO"] in UNGATED:
                return self._app(environ, told)
            with metrics.IN_FLIGHT.track_inprogress():
                self._read_body(environ)
                receiving.received()
                return self._admit(environ, told)
        finally:
            self._count(environ, request, told.status, told.size, began)

    def predict_batch(self, environs: Sequence[Environ]) -> list[HeadersAndBody | None]:
        """Headers and body of the answer to each request that the short way takes; it was 200. Each has its body.

        They came together and have one turn. None for all else, of which no trace is left.
        """
        began, requests = time.perf_counter(), list(map(request_info.begin, environs))
        if not self.short_way or not self._gate.acquire():
            return [None] * len(environs)
        try:
            answers = self.short_way.predict_batch(environs)
        finally:
            self._gate.release()
        for environ, request, answer in zip(environs, requests, answers, strict=True):
            if answer:
                fields, body = answer
                fields += request.headers()
                self._count(environ, request, 200, str(len(body)), began)
        return answers

    def refuse_batch(self, environs: Sequence[Environ]) -> list[HeadersAndBody]:
        """Headers and body of the answer 503 to each request, which has its body."""
        return [self._refused(environ) for environ in environs]

    def _refused(self, environ: Environ) -> HeadersAndBody:
        began, request = time.perf_counter(), request_info.begin(environ)
        fields, body = _busy(environ)
        self._count(environ, request, HTTPStatus.SERVICE_UNAVAILABLE, str(len(body)), began)
        return fields + request.headers(), body

    def _count(self, environ: Environ, request: RequestInfo, status: int, size: str, began: float) -> None:
        seconds = time.perf_counter() - began
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"
        requests_of(request.route, method, status).inc()
        duration_of(request.route).observe(seconds)
        if self._logs_access:
            access_log.log(environ, request, status, size, seconds)

    def _read_body(self, environ: Environ) -> None:
        """Read the body before the request has a turn: a slow client holds a thread then, and nobody's turn.

        Of one that is too long the rest stays unread, and the connection has to close after the answer.
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

    def _admit(self, environ: Environ, told: StatusRecorder) -> Iterable[bytes]:
        """What the app answers, where the request may come in; the answer is whole when its turn ends."""
        until = request_info.of(environ).deadline
        if not self._gate.acquire(until):
            return _refuse(told, _late(environ) if deadline.has_passed(until) else _busy(environ))
        try:
            if deadline.has_passed(until):
                return _refuse(told, _late(environ))
            if self.short_way and (answer := self.short_way(environ)):
                fields, body = answer
                told("200 OK", fields)
                return [body]
            return self._app(environ, told)
        finally:
            self._gate.release()


def _refuse(told: StatusRecorder, answer: HeadersAndBody) -> Iterable[bytes]:
    """503 at once, without a step into the app."""
    fields, body = answer
    told(f"{HTTPStatus.SERVICE_UNAVAILABLE.value} {HTTPStatus.SERVICE_UNAVAILABLE.phrase}", fields)
    return [body]


def _busy(environ: Environ) -> HeadersAndBody:
    metrics.REJECTED.inc()
    return _unavailable(environ, BUSY)


def _late(environ: Environ) -> HeadersAndBody:
    return _unavailable(environ, str(errors.DeadlinePassed()))


def _unavailable(environ: Environ, detail: str) -> HeadersAndBody:
    kind, said = problems.written(environ["PATH_INFO"], HTTPStatus.SERVICE_UNAVAILABLE, detail)
    body = said.encode()
    fields = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Retry-After", str(problems.RETRY_SECONDS)),
        *security_headers.security(kind).items(),
    ]
    return fields, body
