"""Reads what a request asks for: the rows of its body, and what should become of a bad one."""

import json
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000


class UnreadableBody(ValueError):
    """A body that is not JSON or not rows, or a wish that is none; the message says what was expected."""


def read_rows(request: Request, most_bytes: int) -> tuple[list[Any], bool]:
    """The rows of the body, and whether it was a single object.

    Raises UnreadableBody, UnsupportedMediaType, and RequestEntityTooLarge for a body of more than `most_bytes`.
    """
    if not request.is_json:
        sent = (request.content_type or "none")[:60]
        raise UnsupportedMediaType(f"the content type must be application/json, not {sent}")
    content = _parse(_read(request, most_bytes))
    if isinstance(content, dict):
        return [content], True
    if not isinstance(content, list):
        raise UnreadableBody("the body must be an object of named features or a list of such objects")
    if not content:
        raise UnreadableBody("the list is empty; at least one row is needed")
    return content, False


def read_json(request: Request, most_bytes: int) -> Any:
    """What a body in JSON holds, an empty object where it is empty. Raises what read_rows does."""
    # tritonclient never says of what type its bodies are.
    if request.content_type and not request.is_json:
        raise UnsupportedMediaType(f"the content type must be application/json, not {request.content_type[:60]}")
    body = _read(request, most_bytes)
    return _parse(body) if body else {}


def read_fields(request: Request, most_bytes: int) -> list[tuple[str, str]]:
    """The fields of a form and what was typed, in the order sent. Raises UnreadableBody and RequestEntityTooLarge."""
    body = _read(request, most_bytes)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise UnreadableBody("the form is not UTF-8") from error
    except ValueError as error:
        raise UnreadableBody(f"the form has more than {MOST_FIELDS} fields") from error


def reports_errors(request: Request) -> bool:
    """Whether the client wants faults row by row in the answer (`?on_error=report`). Raises UnreadableBody."""
    wish = request.args.get("on_error", "fail")
    if wish not in ("fail", "report"):
        raise UnreadableBody(f"on_error must be fail or report, not {wish[:40]!r}")
    return wish == "report"


def _read(request: Request, most_bytes: int) -> bytes:
    body = request.get_data(cache=False)
    if len(body) > most_bytes:
        raise RequestEntityTooLarge(f"the body is larger than {most_bytes} bytes")
    return body


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"the body is not UTF-8: byte {error.start} cannot be decoded") from error
    except RecursionError as error:
        raise UnreadableBody("the JSON is nested too deeply; a row is one flat object") from error
    except json.JSONDecodeError as error:
        raise UnreadableBody(f"the body is not JSON: {error}") from error
    except ValueError as error:
        raise UnreadableBody("the body holds a whole number of more digits than any float has") from error
