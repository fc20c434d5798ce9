"""Page, JSON or CSV: what the caller would rather read, where there is a choice."""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, request
from flask.globals import request_ctx
from werkzeug.datastructures import MIMEAccept

from services.api.errors import UnreadableBody
from services.api.wire.json_text import write_json
from services.api.wire.media_types import CSV, JSON, PAGE, PROBLEM


def wants_page() -> bool:
    """Whether to answer this request with a page; from then on the answer says that it varies with Accept.

    Links cannot send an Accept of their own, so `?format=json` asks for JSON too. Rows in JSON or CSV get no page
    in any case, nor does a request with a Host header that is no name at all: a page could have no links then.
    """
    if request.is_json or request.mimetype == CSV or not request_ctx.url_adapter:
        return False
    g.varies = True
    return request.args.get("format") != "json" and prefers_page(request.accept_mimetypes)


def wants_csv() -> bool:
    """Whether to answer rows with CSV; from then on the answer says that it varies with Accept.

    `?format=csv` asks for it too, and `?format=json` for JSON.
    """
    g.varies = True
    wish = request.args.get("format")
    return wish == "csv" or (wish is None and prefers_csv(request.accept_mimetypes))


def wants_columns() -> bool:
    """Whether to answer rows with one object of columns."""
    return request.args.get("format") == "columns"


def prefers_page(accept: MIMEAccept) -> bool:
    """Whether `accept` has HTML above JSON; among equals, as in `*/*`, and where nothing is said, JSON comes first.

    Parameters of a type, as in `text/html;charset=utf-8`, do not count.
    """
    plain = _plain(accept)
    # A wildcard says nothing of problems beyond what it says of JSON; who names them reads JSON.
    return plain.quality(PAGE) > max(plain.quality(JSON), dict(plain).get(PROBLEM, 0))


def prefers_csv(accept: MIMEAccept) -> bool:
    """Whether `accept` has CSV above JSON. Problems do not count here: who wants CSV must take those as they are."""
    plain = _plain(accept)
    return plain.quality(CSV) > plain.quality(JSON)


def require_format(known: Sequence[str]) -> None:
    """Refuse a `?format=` that is none of those known. Called before the requests that it can be said of."""
    wish = request.args.get("format")
    if wish is not None and wish not in known:
        raise UnreadableBody(f"format must be {' or '.join(known)}, not {wish[:40]!r}")


def json_response(content: Any) -> Response:
    """An answer in JSON."""
    return Response(write_json(content), mimetype=JSON)


def add_vary(response: Response) -> Response:
    """Have a cache keep page, JSON and CSV apart; called with every answer."""
    if g.get("varies"):
        response.vary.add("Accept")
    return response


def _plain(accept: MIMEAccept) -> MIMEAccept:
    return MIMEAccept([(kind.partition(";")[0].strip(), quality) for kind, quality in accept])
