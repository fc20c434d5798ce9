"""Who may ask: where there are API keys, whoever brings one of them; some parts may be open to all."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from flask import Flask, Request, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from petalstream.settings import Parts
from services.api.telemetry.probe_paths import METRICS, PROBES
from services.api.wire.media_types import FORM
from services.api.wire.negotiation import wants_page

PAGES = {"pages", "explorer", "static", "api.form"}


class Keys:
    """The keys that open the api, kept as digests, which are all of one length."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [sha256(key.encode()).digest() for key in keys]

    def contains(self, brought: str) -> bool:
        """Whether it is one of them; the time this takes tells nothing of how near it comes."""
        digest = sha256(brought.encode(errors="surrogateescape")).digest()
        return sum(hmac.compare_digest(digest, each) for each in self._digests) > 0


def bearer(authorization: str) -> str:
    """The token of a bearer in an Authorization header, with any = in it; "" where it has no such token."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def require_key(app: Flask, keys: Keys, open_parts: Parts) -> None:
    """Have `app` ask for a key before it does anything else with a request; of the open parts it does not."""
    without_key = open_parts.split(",")

    def check() -> None:
        # A browser asks with OPTIONS, and without the key, whether it may send one; the answer tells nothing.
        if request.method == "OPTIONS" or _part(request) in without_key:
            return
        if not keys.contains(_presented_key(request)):
            raise Unauthorized("a valid API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY", None, _how())

    app.before_request(check)


def _part(asked: Request) -> str | None:
    """Which part of the api the request is for, None where it is for what always asks for a key."""
    if asked.path in PROBES:
        return "health"
    if asked.path == METRICS:
        return "metrics"
    sends_form = asked.endpoint == "api.predict" and asked.mimetype == FORM
    return "pages" if sends_form or {asked.blueprint, asked.endpoint} & PAGES else None


def _presented_key(asked: Request) -> str:
    """The key of the request: a bearer's token, or what a browser asked its user for as a password."""
    found = asked.authorization
    if found and found.type == "basic":
        return found.password or ""
    if found and found.type == "bearer":
        return bearer(asked.headers["Authorization"])
    return asked.headers.get("X-API-Key", "")


def _how() -> WWWAuthenticate:
    """Has a browser ask for the key, and tells a program that it needs a token."""
    return WWWAuthenticate("basic" if wants_page() else "bearer", {"realm": "petalstream, with an API key as password"})
