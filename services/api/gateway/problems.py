"""Errors as application/problem+json (RFC 9457), or as a page for who prefers one: the one table of what is told."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, render_template, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from petalstream.cloudevents import InvalidEvent
from petalstream.reasons import Reason
from petalstream.row_validation import RowError
from services.api.errors import (
    DeadlinePassed,
    InvalidRows,
    NotReady,
    NotServed,
    UnknownModel,
    UnreadableBody,
    UnreadableTimeout,
    WrongTensor,
)
from services.api.telemetry import metrics
from services.api.wire.negotiation import wants_page

V2 = "/v2"
# The status and the reason of each.
STATUS = {
    UnreadableBody: (HTTPStatus.BAD_REQUEST, None),
    InvalidEvent: (HTTPStatus.BAD_REQUEST, Reason.INVALID_EVENT),
    WrongTensor: (HTTPStatus.BAD_REQUEST, None),
    UnreadableTimeout: (HTTPStatus.BAD_REQUEST, None),
    UnknownModel: (HTTPStatus.NOT_FOUND, Reason.UNKNOWN_MODEL),
    NotServed: (HTTPStatus.SERVICE_UNAVAILABLE, Reason.UNAVAILABLE),
    NotReady: (HTTPStatus.SERVICE_UNAVAILABLE, Reason.UNAVAILABLE),
    DeadlinePassed: (HTTPStatus.SERVICE_UNAVAILABLE, None),
}
SHOWN = 3
RETRY_SECONDS = 1
log = logging.getLogger(__name__)


def problem(status: int, detail: str, errors: Sequence[RowError] = (), reason: Reason | None = None) -> Response:
    """A problem answer; `errors` lists {row, field, message, reason}; without any it holds the detail and `reason`.

    Under /v2 it is what the Open Inference Protocol has for an error. With 503 it says when to ask again.
    """
    metrics.ERRORS.labels(_kind(status, errors, reason)).inc()
    if not request.path.startswith(V2) and wants_page():
        title = HTTPStatus(status).phrase
        told = make_response(render_template("error.html", title=title, detail=detail, errors=errors))
    else:
        kind, said = written(request.path, status, detail, errors, reason)
        told = Response(said, mimetype=kind)
    told.status_code = status
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        told.headers["Retry-After"] = str(RETRY_SECONDS)
    return told


def written(
    path: str, status: int, detail: str, errors: Sequence[RowError] = (), reason: Reason | None = None
) -> tuple[str, str]:
    """The media type and the text of an error for a program that asked for `path`."""
    if path.startswith(V2):
        return "application/json", json.dumps({"error": _protocol_error(detail, errors)})
    listed = errors or [RowError(None, None, detail, reason)]
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [asdict(error) for error in listed],
    }
    return "application/problem+json", json.dumps(content)


def _protocol_error(detail: str, errors: Sequence[RowError]) -> str:
    """One text for what the protocol has one text for: the detail, and the first of the faults."""
    said = [f"row {error.row}: {error.field or ''} {error.message}".replace("  ", " ") for error in errors[:SHOWN]]
    return "; ".join([detail, *said])


def _kind(status: int, errors: Sequence[RowError], reason: Reason | None) -> str:
    """A word of a fixed list for metrics: the reason of the first fault, else the status' own name."""
    first = reason or next((error.reason for error in errors if error.reason), None)
    return first or HTTPStatus(status).name.lower()


def require_host() -> None:
    """Refuse to make a page where the Host header is none, since it could have no links. Called before every request.

    A program is answered all the same: in a Compose network, say, host names may have an underscore.
    """
    if not request_ctx.url_adapter or (not request.host and wants_page()):
        abort(
            HTTPStatus.BAD_REQUEST,
            "the Host header must be the address of this server, or its name in letters, digits, dots and hyphens",
        )


def register(app: Flask) -> None:
    """Have `app` answer every error as a problem, and never with a stack trace."""
    for kind in STATUS:
        app.register_error_handler(kind, _named)
    app.register_error_handler(InvalidRows, lambda error: problem(HTTPStatus.BAD_REQUEST, str(error), error.errors))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)


def _named(error: Exception) -> Response:
    status, reason = STATUS[type(error)]
    return problem(status, str(error), reason=reason)


def _http_error(error: HTTPException) -> Response:
    """What Flask itself refuses, with the headers it asks for (405 names the allowed methods)."""
    response = problem(error.code or 500, error.description or "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen error", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an unforeseen error; the api's log has the details")
