"""The same rows as every form of body that the api takes."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Row = Mapping[str, Any]
CSV, JSON = "text/csv", "application/json"


def names(rows: Sequence[Row]) -> list[str]:
    """Every name in any of the rows, in the order met."""
    return list(dict.fromkeys(name for row in rows for name in row))


def as_json(rows: Sequence[Row]) -> bytes:
    """A list of objects."""
    return json.dumps(list(rows)).encode()


def as_columns(rows: Sequence[Row]) -> bytes:
    """An object of lists; the rows have all the same names."""
    return json.dumps({name: [row[name] for row in rows] for name in names(rows)}).encode()


def as_csv(rows: Sequence[Row]) -> bytes:
    """A header and a line for each row; what a row does not have is an empty cell."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(names(rows))
    lines.writerows([_cell(row.get(name, "")) for name in names(rows)] for row in rows)
    return text.getvalue().encode()


def post(client: FlaskClient, path: str, body: bytes, content_type: str = JSON, **headers: str) -> TestResponse:
    """What the api answers; `headers` have underscores for hyphens."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data=body, content_type=content_type, headers=given)


def post_gzip(client: FlaskClient, path: str, body: bytes, content_type: str = JSON, **headers: str) -> TestResponse:
    """What the api answers when the body is sent with gzip."""
    return post(client, path, gzip.compress(body), content_type, Content_Encoding="gzip", **headers)


def _cell(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
