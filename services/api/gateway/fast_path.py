"""Answers predictions without Flask's dispatch, which takes longer than a small model.

It answers what is right and asked for in a usual way, by the same functions as the ordinary routes. Of all else it
leaves no trace and says nothing: the ordinary way answers that, and tells what is wrong.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from petalstream.settings import Settings
from services.api import deadline
from services.api.gateway import compression, security_headers
from services.api.gateway.auth import Keys, bearer
from services.api.models.loading import ServedModel
from services.api.models.registry import Registry
from services.api.scoring import service
from services.api.scoring.matrix import Table
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows
from services.api.telemetry import request_info
from services.api.wire import inference_json, json_text, rows
from services.api.wire.body import parse_json_fast
from services.api.wire.json_text import write_predictions
from services.api.wire.media_types import JSON

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
HeadersAndBody = tuple[Headers, bytes]
_HOST = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9][a-z0-9-]{0,62})*(:[0-9]{1,5})?")
_PREDICT = re.compile(r"/predict|/models/([a-z0-9_]+)/predict")
_INFER = re.compile(r"/v2/models/([a-z0-9_]+)/infer")
# What the query may ask for: whether faults are to be reported, and whether to answer in columns.
_WISHES = {
    "": (False, False),
    "on_error=report": (True, False),
    "format=columns": (False, True),
    "on_error=report&format=columns": (True, True),
}
# Only where the query does not say what to answer in does Accept.
_VARY, _VARY_NOT = ("Vary", "Accept, Accept-Encoding"), ("Vary", "Accept-Encoding")
_OTHERWISE = ("HTTP_CONTENT_ENCODING", "SCRIPT_NAME")
_SECURITY = list(security_headers.security(JSON).items())


@dataclass(frozen=True)
class _Request:
    """What one request asks for: rows of one version, and how what is found of them is to be written.

    `alone` is its row where it is one that is answered with an object, which may be scored together with others.
    """

    environ: Environ
    route: str
    served: ServedModel
    rows: Rows
    write: Callable[[Predictions], bytes]
    vary: tuple[str, str]
    reports: bool = False
    alone: Sequence[object] = ()

    @property
    def deadline(self) -> float:
        """When the client stops waiting."""
        return request_info.of(self.environ).deadline

    def scored(self) -> Predictions:
        """What the version says of its rows. Raises InvalidRows and DeadlinePassed."""
        scorer = self.served.scorer
        return (scorer.predict_valid if self.reports else scorer.predict)(self.rows, self.deadline)


class FastPath:
    """Knows the models, the settings and, where some are asked for, the API keys."""

    def __init__(self, registry: Registry, configured: Settings, keys: Keys | None) -> None:
        self._registry, self._configured, self._keys = registry, configured, keys

    def __call__(self, environ: Environ) -> HeadersAndBody | None:
        """Headers and body of the answer to a request whose body was taken in; None: the ordinary way is to answer."""
        (answer,) = self.predict_batch([environ])
        return answer

    def predict_batch(self, environs: Sequence[Environ]) -> list[HeadersAndBody | None]:
        """The same for each of several requests; their single rows for the same version are scored as one batch."""
        asked = [self._asked(environ) for environ in environs]
        groups: dict[int, list[int]] = {}
        for number, each in enumerate(asked):
            if each:
                groups.setdefault(id(each.served if each.alone else each), []).append(number)
        answers: list[HeadersAndBody | None] = [None] * len(asked)
        for numbers in groups.values():
            group = [each for number in numbers if (each := asked[number])]
            for number, each, body in zip(numbers, group, _bodies(group), strict=True):
                answers[number] = _response(each, body) if body is not None else None
        return answers

    def _asked(self, environ: Environ) -> _Request | None:
        if not self._is_usual(environ):
            return None
        path = environ["PATH_INFO"]
        try:
            deadline.require_readable(environ)
            asked = None
            if found := _PREDICT.fullmatch(path):
                asked = self._prediction(environ, found[1])
            elif found := _INFER.fullmatch(path):
                asked = self._inference(environ, found[1])
        except Exception:  # whatever it is, the ordinary way meets it again, tells it and counts it
            return None
        # The ordinary way has a thread for each request.
        return asked if asked and not asked.served.scorer.takes_long(asked.rows) else None

    def _is_usual(self, environ: Environ) -> bool:
        return (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("HTTP_ACCEPT", "*/*") in ("*/*", JSON)
            and type(environ["wsgi.input"]) is BytesIO
            and _HOST.fullmatch(environ.get("HTTP_HOST", "")) is not None
            and not any(map(environ.get, _OTHERWISE))
            and "HTTP_INFERENCE_HEADER_CONTENT_LENGTH" not in environ
            # Of a longer one the rest was left unread, and what was read may be rows all the same.
            and len(environ["wsgi.input"].getbuffer()) <= self._configured.api_max_body_bytes
            and (self._keys is None or self._keys.contains(bearer(environ.get("HTTP_AUTHORIZATION", ""))))
        )

    def _prediction(self, environ: Environ, name: str | None) -> _Request | None:
        wishes = _WISHES.get(environ["QUERY_STRING"])
        if wishes is None or environ.get("CONTENT_TYPE") != JSON:
            return None
        reports, in_columns = wishes
        served = self._registry.find(name or self._configured.default_model)
        given, single = rows.extract_rows(parse_json_fast(environ["wsgi.input"].getvalue()))
        route = "/models/<name>/predict" if name else "/predict"
        if in_columns:
            return _Request(environ, route, served, given, _columns, _VARY_NOT, reports)
        if single and not isinstance(given, Table):
            return _Request(environ, route, served, given, _first, _VARY, reports, given)
        return _Request(environ, route, served, given, write_predictions, _VARY, reports)

    def _inference(self, environ: Environ, name: str) -> _Request | None:
        if environ.get("CONTENT_TYPE", JSON) != JSON:
            return None
        served = self._registry.find(name)
        wanted = inference_json.read_request(
            served.manifest.features, parse_json_fast(environ["wsgi.input"].getvalue())
        )

        def write(scored: Predictions) -> bytes:
            return json_text.write_json(inference_json.build_response(served.manifest, wanted, scored))

        return _Request(environ, "/v2/models/<name>/infer", served, wanted.rows, write, _VARY_NOT)


def _bodies(group: Sequence[_Request]) -> list[bytes | None]:
    """The bodies of the answers to one request, or to several single ones for the same version; None where not here."""
    first = group[0]
    try:
        if len(group) == 1:
            scored = first.scored()
            bodies: list[bytes | None] = [first.write(scored)]
        else:
            rows_of_all = [row for each in group for row in each.alone]
            scored = first.served.scorer.predict(rows_of_all, max(each.deadline for each in group))
            bodies = [json_text.write_json(answer) for answer in scored.as_rows()]
    except Exception:  # whose fault it is shows when each is asked alone; that one the ordinary way answers
        return [None] if len(group) == 1 else [body for each in group for body in _bodies([each])]
    service.count(scored)
    return bodies


def _first(scored: Predictions) -> bytes:
    return json_text.write_json(scored.as_rows()[0])


def _columns(scored: Predictions) -> bytes:
    return json_text.write_json(scored.as_columns())


def _response(asked: _Request, body: bytes) -> HeadersAndBody:
    request_info.of(asked.environ).route = asked.route
    service.record(asked.environ, asked.served.scorer, len(asked.rows))
    told = [("Content-Type", JSON), asked.vary, *_SECURITY]
    if len(body) >= compression.LEAST_BYTES and compression.accepts_gzip(asked.environ.get("HTTP_ACCEPT_ENCODING", "")):
        body = compression.compressed(body)
        told.append(("Content-Encoding", "gzip"))
    return [*told, ("Content-Length", str(len(body)))], body
