"""The rows that a request sends: in JSON, row by row or column by column, or in CSV."""

from collections.abc import Sequence
from typing import Any

from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from petalstream.schema import Feature
from services.api import columns, csv_rows
from services.api.body import UnreadableBody, decoded, parse_json, read_body
from services.api.negotiation import CSV
from services.api.scorer import Rows


def read_rows(request: Request, features: Sequence[Feature], most_bytes: int) -> tuple[Rows, bool]:
    """The rows of the body, and whether it was a single object. `features` say what the cells of a CSV mean.

    Raises UnsupportedMediaType, and what read_body does.
    """
    if request.mimetype == CSV:
        charset = request.mimetype_params.get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(f"a CSV must be in UTF-8, not {charset[:40]}")
        return csv_rows.parse(decoded(read_body(request, most_bytes)), features), False
    if not request.is_json:
        sent = (request.content_type or "none")[:60]
        raise UnsupportedMediaType(f"the content type must be application/json or text/csv, not {sent}")
    return of_json(parse_json(read_body(request, most_bytes)))


def of_json(content: Any) -> tuple[Rows, bool]:
    """The rows that a body in JSON holds, and whether it was a single object. Raises UnreadableBody."""
    if columns.are_columns(content):
        return columns.table(content), False
    if isinstance(content, dict):
        return [content], True
    if not isinstance(content, list):
        raise UnreadableBody("the body must be an object of named features or a list of such objects")
    if not content:
        raise UnreadableBody("the list is empty; at least one row is needed")
    return content, False
