"""Requires an API key where there are keys, except for parts of the api that a setting opens."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flask import Flask, request
from werkzeug.datastructures import Authorization, WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from petalstream.settings import Parts
from services.api.telemetry.probe_paths import METRICS, PROBES
from services.api.wire.media_types import FORM
from services.api.wire.negotiation import wants_page

# Blueprints and endpoints.
PAGES = {"pages", "docs", "static", "predict.redirect_to_form"}


class Keys:
    """The keys that open the api, kept as digests, which are all of one length."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [sha256(key.encode()).digest() for key in keys]

    def are_presented(self, environ: dict[str, Any]) -> bool:
        """Return whether a request presents one of them. Another credential beside it may be a proxy's."""
        return sum([self.contains(credential) for credential in _credentials(environ)]) > 0

    def contains(self, key: str) -> bool:
        """Return whether `key` is one of them, in a time that does not depend on how similar it is to one."""
        digest = sha256(key.encode(errors="surrogateescape")).digest()
        return sum(hmac.compare_digest(digest, each) for each in self._digests) > 0


def _credentials(environ: dict[str, Any]) -> list[str]:
    """Return what a request presents: X-API-Key, and a bearer token or the password of Basic authentication."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, rest = authorization.partition(" ")
    presented = [environ["HTTP_X_API_KEY"]] if "HTTP_X_API_KEY" in environ else []
    if scheme.lower() == "bearer":
        presented.append(rest.strip())
    elif scheme.lower() == "basic" and (parsed := Authorization.from_header(authorization)):
        presented.append(parsed.password or "")
    return presented


def require_key(app: Flask, keys: Keys, open_parts: Parts) -> None:
    """Make `app` require a key for every request except those for `open_parts`."""
    without_key = open_parts.split(",")

    def check() -> None:
        # Browsers send the preflight request (OPTIONS) without the key; its response reveals nothing.
        if request.method == "OPTIONS" or _part() in without_key:
            return
        if not keys.are_presented(request.environ):
            message = "a valid API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY"
            raise Unauthorized(message, None, _challenge())

    app.before_request(check)


def _part() -> str | None:
    """Return the part of the api that the request is for, None for what always requires a key."""
    if request.path in PROBES:
        return "health"
    if request.path == METRICS:
        return "metrics"
    sends_form = request.endpoint == "predict.predict" and request.mimetype == FORM
    return "pages" if sends_form or {request.blueprint, request.endpoint} & PAGES else None


def _challenge() -> WWWAuthenticate:
    """Return the header that makes a browser ask its user for the key, and tells other clients to send a token."""
    return WWWAuthenticate("basic" if wants_page() else "bearer", {"realm": "petalstream, with an API key as password"})
