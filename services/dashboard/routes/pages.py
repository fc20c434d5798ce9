"""The overview and the page of a model, as HTML or as JSON."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, redirect, render_template, request
from flask import url_for as url_of

from petalstream.printable import printable
from petalstream.web import security_headers
from petalstream.web.accept import prefers_page
from services.dashboard.latest import Latest
from services.dashboard.pages import live

POLICY = f"{security_headers.PAGE}; script-src 'self'; connect-src 'self'"
blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def overview() -> Response:
    """Return all models and the parts of the stack."""
    return _respond("overview.html", "/")


@blueprint.get("/models/<name>")
def model(name: str) -> Response:
    """Return one model with its ledger."""
    snapshot = latest().snapshot
    if name not in snapshot.models:
        abort(404, f"no model {printable(name, 60)} is known yet; the live page is {snapshot.reading}")
    return _respond("model.html", f"{live.MODELS}{name}")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Redirect browsers that request the icon without having read a page."""
    return make_response(redirect(url_of("static", filename="favicon.svg"), 301))


def latest() -> Latest:
    """Return what holds the newest snapshot."""
    found: Latest = current_app.extensions["latest"]
    return found


def wants_page() -> bool:
    """Return whether to respond with HTML; `?format=json` comes before Accept."""
    return request.args.get("format") != "json" and prefers_page(request.accept_mimetypes)


def _respond(template: str, path: str) -> Response:
    snapshot = latest().snapshot
    if wants_page():
        response = make_response(render_template(template, path=path, **live.context(path, snapshot)))
        response.headers["Content-Security-Policy"] = POLICY
    else:
        response = jsonify(_content(path, snapshot.to_dict()))
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-store"
    return response


def _content(path: str, content: dict[str, Any]) -> Any:
    return content if path == "/" else content["models"][path.removeprefix(live.MODELS)]
