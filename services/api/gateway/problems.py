"""Turns errors into responses: problem+json (RFC 9457), a page, or the JSON of the Open Inference Protocol."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
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

OPEN_INFERENCE = "/v2"
# The status and the reason of each error. Flask applies an entry to subclasses too.
STATUSES: dict[type[Exception], tuple[HTTPStatus, Reason | None]] = {
    UnreadableBody: (HTTPStatus.BAD_REQUEST, None),
    InvalidEvent: (HTTPStatus.BAD_REQUEST, Reason.INVALID_EVENT),
    InvalidRows: (HTTPStatus.BAD_REQUEST, None),  # each row error has its own reason
    WrongTensor: (HTTPStatus.BAD_REQUEST, None),
    UnreadableTimeout: (HTTPStatus.BAD_REQUEST, None),
    UnknownModel: (HTTPStatus.NOT_FOUND, Reason.UNKNOWN_MODEL),
    NotServed: (HTTPStatus.SERVICE_UNAVAILABLE, Reason.UNAVAILABLE),
    NotReady: (HTTPStatus.SERVICE_UNAVAILABLE, Reason.UNAVAILABLE),
    DeadlinePassed: (HTTPStatus.SERVICE_UNAVAILABLE, None),
}
# The message of an Open Inference error names so many row errors.
MOST_NAMED = 3
RETRY_SECONDS = 1
log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Make `app` respond to every error with a problem, and never with a stack trace."""
    for error, (status, reason) in STATUSES.items():
        app.register_error_handler(error, partial(_api_error, status, reason))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def require_host() -> None:
    """Respond with 400 to a browser whose Host header is invalid: its page could have no links.

    Flask calls this before every request. Other clients are served: Compose host names may have an underscore.
    """
    if not request_ctx.url_adapter or (not request.host and wants_page()):
        abort(
            HTTPStatus.BAD_REQUEST,
            "the Host header must be the address of this server, or its name in letters, digits, dots and hyphens",
        )


def problem_text(
    path: str, status: int, detail: str, errors: Sequence[RowError] = (), reason: Reason | None = None
) -> tuple[str, str]:
    """Return the media type and the JSON of an error response to a client that is no browser and requested `path`.

    Without row `errors`, a problem lists one error with the detail and `reason`.
    """
    if path.startswith(OPEN_INFERENCE):
        return "application/json", json.dumps({"error": _open_inference_message(detail, errors)})
    listed = errors or [RowError(None, None, detail, reason)]
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [asdict(error) for error in listed],
    }
    return "application/problem+json", json.dumps(content)


def _problem(status: int, detail: str, errors: Sequence[RowError] = (), reason: Reason | None = None) -> Response:
    """Count an error and return its response, a page for browsers; 503 has a Retry-After header."""
    metrics.ERRORS.labels(_error_kind(status, errors, reason)).inc()
    if not request.path.startswith(OPEN_INFERENCE) and wants_page():
        title = HTTPStatus(status).phrase
        response = make_response(render_template("error.html", title=title, detail=detail, errors=errors))
    else:
        media_type, text = problem_text(request.path, status, detail, errors, reason)
        response = Response(text, mimetype=media_type)
    response.status_code = status
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _open_inference_message(detail: str, errors: Sequence[RowError]) -> str:
    """Return the detail and the first row errors as one string, since the protocol has no list of errors."""
    named = [f"row {each.row}: {each.field or ''} {each.message}".replace("  ", " ") for each in errors[:MOST_NAMED]]
    return "; ".join([detail, *named])


def _error_kind(status: int, errors: Sequence[RowError], reason: Reason | None) -> str:
    """Return the label of an error in the metrics: its reason or the first row error's, else the name of the status."""
    first = reason or next((error.reason for error in errors if error.reason), None)
    return first or HTTPStatus(status).name.lower()


def _api_error(status: HTTPStatus, reason: Reason | None, error: Exception) -> Response:
    return _problem(status, str(error), error.errors if isinstance(error, InvalidRows) else (), reason)


def _http_error(error: HTTPException) -> Response:
    """Return a problem with the headers that Flask's own error has: 405 lists the allowed methods."""
    response = _problem(error.code or 500, error.description or "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unexpected_error(error: Exception) -> Response:
    log.error("unforeseen error", exc_info=error)
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an unforeseen error; the api's log has the details")
