"""Turns errors into pages or problem+json (RFC 9457), as the api does."""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from services.dashboard.routes.pages import wants_page

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Make `app` respond to every error with a problem, and never with a stack trace."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def problem_text(status: int, detail: str) -> str:
    """Return the JSON of an error."""
    title = HTTPStatus(status).phrase
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})


def _problem(status: int, detail: str) -> Response:
    if wants_page():
        response = make_response(render_template("error.html", title=HTTPStatus(status).phrase, detail=detail))
    else:
        response = Response(problem_text(status, detail), mimetype="application/problem+json")
    response.status_code = status
    response.vary.add("Accept")
    return response


def _http_error(error: HTTPException) -> Response:
    response = _problem(error.code or 500, error.description or "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unexpected_error(error: Exception) -> Response:
    log.error("unforeseen error", exc_info=error)
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an unforeseen error; the dashboard's log has the details")
