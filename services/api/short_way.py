"""Answers predictions without Flask's dispatch, which takes longer than a small model.

It answers what is right and asked for in a usual way, by the same functions as the ordinary routes. Of all else it
leaves no trace and says nothing: the ordinary way answers that, and tells what is wrong.
"""

import re
from io import BytesIO
from typing import Any

from petalstream.settings import Settings
from services.api import compression, headers, inferences, notes, rows, scoring
from services.api.auth import Keys, bearer
from services.api.body import parse_quickly
from services.api.encoding import json_bytes
from services.api.negotiation import JSON
from services.api.opening import Served
from services.api.registry import Registry
from services.api.scored import Scored
from services.api.text import answers_text

Environ = dict[str, Any]
Answer = tuple[list[tuple[str, str]], bytes]
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
_SECURITY = list(headers.security(JSON).items())


class ShortWay:
    """Knows the models, the settings and, where some are asked for, the API keys."""

    def __init__(self, registry: Registry, configured: Settings, keys: Keys | None) -> None:
        self._registry, self._configured, self._keys = registry, configured, keys

    def __call__(self, environ: Environ) -> Answer | None:
        """Headers and body of the answer to a request whose body was taken in; None: the ordinary way is to answer."""
        if not self._is_usual(environ):
            return None
        path = environ["PATH_INFO"]
        try:
            if asked := _PREDICT.fullmatch(path):
                return self._predicted(environ, asked[1])
            if asked := _INFER.fullmatch(path):
                return self._inferred(environ, asked[1])
        except Exception:  # whatever it is, the ordinary way meets it again, tells it and counts it
            return None
        return None

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
            and (self._keys is None or self._keys.include(bearer(environ.get("HTTP_AUTHORIZATION", ""))))
        )

    def _predicted(self, environ: Environ, name: str | None) -> Answer | None:
        wishes = _WISHES.get(environ["QUERY_STRING"])
        if wishes is None or environ.get("CONTENT_TYPE") != JSON:
            return None
        reports, in_columns = wishes
        served = self._registry.find(name or self._configured.default_model)
        given, single = rows.of_json(parse_quickly(environ["wsgi.input"].getvalue()))
        scored = served.scorer.report(given) if reports else served.scorer.predict(given)
        if in_columns:
            body = json_bytes(scored.columns())
        else:
            body = json_bytes(scored.answers()[0]) if single else answers_text(scored)
        _note(environ, "/models/<name>/predict" if name else "/predict", served, scored)
        return _answer(environ, body, _VARY_NOT if in_columns else _VARY)

    def _inferred(self, environ: Environ, name: str) -> Answer | None:
        if environ.get("CONTENT_TYPE", JSON) != JSON:
            return None
        served = self._registry.find(name)
        asked = inferences.read(served.manifest.features, parse_quickly(environ["wsgi.input"].getvalue()))
        scored = served.scorer.predict(asked.rows)
        body = json_bytes(inferences.response(served.manifest, asked, scored))
        _note(environ, "/v2/models/<name>/infer", served, scored)
        return _answer(environ, body, _VARY_NOT)


def _note(environ: Environ, route: str, served: Served, scored: Scored) -> None:
    notes.of(environ).route = route
    scoring.note(environ, served, scored.count)
    scoring.count(scored)


def _answer(environ: Environ, body: bytes, vary: tuple[str, str]) -> Answer:
    told = [("Content-Type", JSON), vary, *_SECURITY]
    if len(body) >= compression.LEAST_BYTES and compression.accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        body = compression.compressed(body)
        told.append(("Content-Encoding", "gzip"))
    return [*told, ("Content-Length", str(len(body)))], body
