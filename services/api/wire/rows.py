"""Reads the rows of a request: JSON row by row or in columns, CSV, or CloudEvents."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from petalstream import cloudevents
from petalstream.cloudevents import InvalidEvent
from petalstream.features import Feature
from services.api.errors import UnreadableBody
from services.api.scoring.matrix import Table
from services.api.scoring.scorer import Rows
from services.api.wire import csv_table, data_frames
from services.api.wire.body import decode_utf8, is_plain_json, parse_json, read_body
from services.api.wire.media_types import CSV, JSON, NDJSON

# An error message lists the lengths of so many columns.
MAX_LISTED = 20


def read_rows(request: Request, features: Sequence[Feature], max_bytes: int) -> tuple[Rows, bool]:
    """Return the rows of the body, and whether it was a single object. `features` give the cells of a CSV their types.

    Raises UnsupportedMediaType, InvalidEvent, and the exceptions of read_body.
    """
    media_type = JSON if is_plain_json(request) else request.mimetype
    if media_type not in READERS:
        *first, last = READERS
        sent = (request.content_type or "none")[:60]
        raise UnsupportedMediaType(f"the content type must be {', '.join(first)} or {last}, not {sent}")
    charset = request.mimetype_params.get("charset", "utf-8")
    if media_type == CSV and charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(f"a CSV must be in UTF-8, not {charset[:40]}")
    return READERS[media_type](read_body(request, max_bytes), features)


def extract_rows(content: Any) -> tuple[Rows, bool]:
    """Return the rows in a parsed JSON body, and whether it was a single object. Raises UnreadableBody."""
    content = data_frames.unwrap(content)
    if is_table(content):
        return table_from_columns(content), False
    if isinstance(content, dict):
        return [content], True
    if not isinstance(content, list):
        raise UnreadableBody("the body must be an object of named features or a list of such objects")
    if not content:
        raise UnreadableBody("the list is empty; at least one row is needed")
    return content, False


def is_table(content: Any) -> bool:
    """Return whether `content` is an object of lists only; an object with anything else in it is one row."""
    return isinstance(content, dict) and bool(content) and all(isinstance(values, list) for values in content.values())


def table_from_columns(columns: Mapping[str, Sequence[Any]]) -> Table:
    """Return a table of the columns. Raises UnreadableBody if their lengths differ or are 0."""
    if len(set(map(len, columns.values()))) > 1:
        lengths = ", ".join(f"{name[:40]} {len(values)}" for name, values in islice(columns.items(), MAX_LISTED))
        more = f" and {len(columns) - MAX_LISTED} more" if len(columns) > MAX_LISTED else ""
        raise UnreadableBody(f"the columns must have as many values as each other, and have: {lengths}{more}")
    if not next(iter(columns.values())):
        raise UnreadableBody("the columns are empty; at least one row is needed")
    return Table(columns)


def _read_json(body: bytes, features: Sequence[Feature]) -> tuple[Rows, bool]:
    return extract_rows(parse_json(body))


def _read_csv(body: bytes, features: Sequence[Feature]) -> tuple[Rows, bool]:
    return csv_table.parse(decode_utf8(body), features), False


def _read_ndjson(body: bytes, features: Sequence[Feature]) -> tuple[Rows, bool]:
    """Return the row in each line that is not blank. Raises UnreadableBody with the number of a bad line."""
    found = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            try:
                found.append(parse_json(line))
            except UnreadableBody as error:
                raise UnreadableBody(f"line {number}: {error}") from error
    if not found:
        raise UnreadableBody("the body has no line; at least one row is needed")
    return found, False


def _read_event(body: bytes, features: Sequence[Feature]) -> tuple[Rows, bool]:
    return [cloudevents.read_event(parse_json(body)).data], True


def _read_batch(body: bytes, features: Sequence[Feature]) -> tuple[Rows, bool]:
    """Return the data of each event of a batch. Raises UnreadableBody, and InvalidEvent with the event's number."""
    content = parse_json(body)
    if not isinstance(content, list) or not content:
        raise UnreadableBody("a batch must be a list of CloudEvents; at least one is needed")
    data = []
    for number, event in enumerate(content):
        try:
            data.append(cloudevents.read_event(event).data)
        except InvalidEvent as error:
            raise InvalidEvent(f"event {number} of the batch: {error}") from error
    return data, False


# What reads each media type of rows; openapi/operations.yaml describes the same types.
READERS: Mapping[str, Callable[[bytes, Sequence[Feature]], tuple[Rows, bool]]] = {
    JSON: _read_json,
    CSV: _read_csv,
    NDJSON: _read_ndjson,
    cloudevents.EVENT: _read_event,
    cloudevents.BATCH: _read_batch,
}
