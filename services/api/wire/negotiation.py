"""What the client asks for in the query and in Accept: the format of the response and the report of invalid rows."""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, request
from flask.globals import request_ctx
from werkzeug.datastructures import MIMEAccept

from petalstream.web.accept import prefers_page, without_parameters
from services.api.errors import UnreadableBody
from services.api.wire.json_text import write_json
from services.api.wire.media_types import CSV, JSON
from services.api.wire.rows import READERS

# What `?format=` may ask for.
ROW_FORMATS = ("json", "csv", "columns")


def wants_page() -> bool:
    """Return whether to respond to this request with a page, and have the response vary with Accept.

    Links cannot set Accept, so `?format=` comes before it. A request with rows other than a form never gets a
    page, nor does one whose Host header is not a host name: the page could have no links.
    """
    if request.is_json or request.mimetype in READERS or not request_ctx.url_adapter:
        return False
    g.varies = True
    return request.args.get("format") not in ROW_FORMATS and prefers_page(request.accept_mimetypes)


def wants_csv() -> bool:
    """Return whether to respond to rows with CSV, and have the response vary with Accept.

    `?format=csv` and `?format=json` come before Accept.
    """
    g.varies = True
    requested = request.args.get("format")
    return requested == "csv" or (requested is None and prefers_csv(request.accept_mimetypes))


def wants_columns() -> bool:
    """Return whether to respond to rows with one object of columns."""
    return request.args.get("format") == "columns"


def wants_error_report() -> bool:
    """Return whether an invalid row gets its errors in the response (`?on_error=report`). Raises UnreadableBody.

    Otherwise one invalid row fails the request.
    """
    requested = request.args.get("on_error", "fail")
    if requested not in ("fail", "report"):
        raise UnreadableBody(f"on_error must be fail or report, not {requested[:40]!r}")
    return requested == "report"


def prefers_csv(accept: MIMEAccept) -> bool:
    """Return whether `accept` ranks CSV above JSON. Problems do not count: they have no CSV form."""
    types = without_parameters(accept)
    return types.quality(CSV) > types.quality(JSON)


def require_format(formats: Sequence[str]) -> None:
    """Raise UnreadableBody if `?format=` is none of `formats`. A blueprint calls it before each of its requests."""
    requested = request.args.get("format")
    if requested is not None and requested not in formats:
        raise UnreadableBody(f"format must be {' or '.join(formats)}, not {requested[:40]!r}")


def json_response(content: Any) -> Response:
    """Return a response with `content` as JSON."""
    return Response(write_json(content), mimetype=JSON)


def add_vary(response: Response) -> Response:
    """Add `Vary: Accept` to a response whose format depended on it, so that caches keep the formats apart."""
    if g.get("varies"):
        response.vary.add("Accept")
    return response
