"""Scores common prediction requests without Flask's dispatch, which takes longer than a small model.

A common request is a valid one with common headers; the same functions score it as in the routes. For any other request
the fast path returns None and leaves no trace. Flask then handles it, and reports what is wrong.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO

from petalstream.settings import Settings
from petalstream.web import security_headers
from services.api import deadline
from services.api.gateway import compression
from services.api.gateway.auth import Keys
from services.api.gateway.parsed_request import Environ, Headers, HeadersAndBody, Request
from services.api.models.loading import ServedModel
from services.api.models.registry import Registry
from services.api.scoring import service
from services.api.scoring.matrix import Table
from services.api.scoring.predictions import Predictions
from services.api.telemetry import request_info
from services.api.wire import inference_json, json_text, rows
from services.api.wire.binary_tensors import HEADER, OCTETS, split_body
from services.api.wire.body import parse_json_fast
from services.api.wire.media_types import JSON

Find = Callable[[str], ServedModel]
_JSON_LENGTH = f"HTTP_{HEADER.upper().replace('-', '_')}"
_HOST = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9][a-z0-9-]{0,62})*(:[0-9]{1,5})?")
_PREDICT = re.compile(r"/predict|/models/([a-z0-9_]+)/predict")
_INFER = re.compile(r"/v2/models/([a-z0-9_]+)/infer")
# For each query: whether row errors are part of the response, and whether it is in columns.
_QUERIES = {
    "": (False, False),
    "on_error=report": (True, False),
    "format=columns": (False, True),
    "on_error=report&format=columns": (True, True),
}
# A response depends on Accept only if the query does not name its format.
_BY_ACCEPT: Headers = [("Content-Type", JSON), ("Vary", "Accept, Accept-Encoding")]
_OCTETS = ("Content-Type", OCTETS)
_BY_ENCODING = ("Vary", "Accept-Encoding")
_SECURITY = list(security_headers.headers_for(JSON).items())


class FastPath:
    """Scores requests with the models of `registry`; a request needs one of the API `keys`, if there are any."""

    def __init__(self, registry: Registry, configured: Settings, keys: Keys | None) -> None:
        self._registry, self._configured, self._keys = registry, configured, keys

    def __call__(self, environ: Environ) -> HeadersAndBody | None:
        """Return headers and body of the 200 response to a request with its body; None if Flask must handle it."""
        request = self.parse(environ)
        return self.respond([request])[0] if request else None

    def respond(self, requests: Sequence[Request]) -> list[HeadersAndBody | None]:
        """Return the same for each of several parsed requests. Single rows for one version are scored in one batch."""
        groups: dict[int, list[int]] = {}
        for number, request in enumerate(requests):
            groups.setdefault(id(request.served if request.single_row else request), []).append(number)
        responses: list[HeadersAndBody | None] = [None] * len(requests)
        for numbers in groups.values():
            group = [requests[number] for number in numbers]
            for number, request, written in zip(numbers, group, _score(group), strict=True):
                responses[number] = written and _respond(request, written)
        return responses

    def begin_turn(self, most_seconds: float) -> Find:
        """Return a function for `parse` that looks each model up once, and finds none that takes longer for a row."""

        @cache
        def find(name: str) -> ServedModel:
            served = self._registry.find(name)
            if served.scorer.expected_seconds(1) > most_seconds:
                raise TimeoutError(f"{name} is for a thread")
            return served

        return find

    def parse(self, environ: Environ, find: Find | None = None) -> Request | None:
        """Return a request with its body, None if Flask must handle it."""
        find = find or self._registry.find
        if not self._is_common(environ):
            return None
        path = environ["PATH_INFO"]
        try:
            deadline.require_readable(environ)
            if match := _PREDICT.fullmatch(path):
                return self._parse_predict(environ, find, match[1])
            if match := _INFER.fullmatch(path):
                return self._parse_infer(environ, find, match[1])
        except Exception:  # Flask's dispatch meets it again, reports it and counts it
            return None
        return None

    def _is_common(self, environ: Environ) -> bool:
        return (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("HTTP_ACCEPT", "*/*") in ("*/*", JSON)
            and type(environ["wsgi.input"]) is BytesIO
            and _HOST.fullmatch(environ.get("HTTP_HOST", "")) is not None
            and not environ.get("HTTP_CONTENT_ENCODING")
            # Only the beginning of a longer body was read, which may be valid by itself.
            and len(environ["wsgi.input"].getbuffer()) <= self._configured.api_max_body_bytes
            and (self._keys is None or self._keys.are_presented(environ))
        )

    def _parse_predict(self, environ: Environ, find: Find, name: str | None) -> Request | None:
        options = _QUERIES.get(environ["QUERY_STRING"])
        if options is None or environ.get("CONTENT_TYPE") != JSON:
            return None
        reports_errors, in_columns = options
        served = find(name or self._configured.default_model)
        parsed, is_single = rows.extract_rows(parse_json_fast(environ["wsgi.input"].getvalue()))
        route = "/models/<name>/predict" if name else "/predict"
        if in_columns:
            return Request(environ, route, served, parsed, _write_columns, reports_errors)
        if is_single and not isinstance(parsed, Table):
            return Request(environ, route, served, parsed, _write_object, reports_errors, parsed)
        return Request(environ, route, served, parsed, _write_list, reports_errors)

    def _parse_infer(self, environ: Environ, find: Find, name: str) -> Request | None:
        length = environ.get(_JSON_LENGTH)
        if length is None and environ.get("CONTENT_TYPE", JSON) != JSON:
            return None
        served = find(name)
        text, blobs = split_body(environ["wsgi.input"].getvalue(), length)
        parsed = inference_json.read_request(served.manifest, parse_json_fast(text), blobs)

        def write(predictions: Predictions) -> HeadersAndBody:
            headers, body = inference_json.write_response(served.manifest, parsed, predictions)
            return [*headers, _BY_ENCODING], body

        return Request(environ, "/v2/models/<name>/infer", served, parsed.rows, write)


def _score(group: Sequence[Request]) -> list[HeadersAndBody | None]:
    """Return what is written for a request, or for several with a single row each; None if Flask must handle it."""
    first = group[0]
    try:
        if len(group) == 1:
            predictions = first.predict()
            written: list[HeadersAndBody | None] = [first.write(predictions)]
        else:
            single_rows = [row for request in group for row in request.single_row]
            predictions = first.served.scorer.predict(single_rows, max(map(Request.deadline, group)))
            written = [(_BY_ACCEPT, json_text.write_json(row)) for row in predictions.as_rows()]
    except Exception:  # scored alone, it shows which request is invalid; Flask's dispatch reports that one
        return [None] if len(group) == 1 else [each for request in group for each in _score([request])]
    service.count(predictions)
    return written


def _write_object(predictions: Predictions) -> HeadersAndBody:
    return _BY_ACCEPT, json_text.write_json(predictions.as_rows()[0])


def _write_list(predictions: Predictions) -> HeadersAndBody:
    return _BY_ACCEPT, json_text.write_predictions(predictions)


def _write_columns(predictions: Predictions) -> HeadersAndBody:
    return [("Content-Type", JSON), _BY_ENCODING], json_text.write_json(predictions.as_columns())


def _respond(request: Request, written: HeadersAndBody) -> HeadersAndBody:
    """Record the request, and return its response."""
    request_info.of(request.environ).route = request.route
    service.record(request.environ, request.served.scorer, len(request.rows))
    described, body = written
    headers = [*described, *_SECURITY]
    is_compressible = len(body) >= compression.LEAST_BYTES and described[0] != _OCTETS
    if is_compressible and compression.accepts_gzip(request.environ.get("HTTP_ACCEPT_ENCODING", "")):
        body = compression.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    return [*headers, ("Content-Length", str(len(body)))], body
