"""The OpenAPI document, and a page to look at it and try it out, whose script comes from an installed package."""

from collections.abc import Sequence
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, send_from_directory

from petalstream.settings import Settings
from services.api.gateway.security_headers import NOTHING
from services.api.models.loading import ServedModel
from services.api.openapi import document
from services.api.openapi.document import Surroundings
from services.api.routes import current
from services.api.wire.json_text import write_json

blueprint = Blueprint("explorer", __name__)

PACKAGE = Path(flask_swagger_ui.__file__).with_name("dist")
# All that the page loads of it. Systems do not agree on the type of a script.
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
# Swagger UI sets the style of what it draws, and requests the document and what its user tries out.
POLICY = f"{NOTHING}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"


class Document:
    """The document of the models that are served, written anew when these are others."""

    def __init__(self, configured: Settings, static: Path) -> None:
        open_parts = configured.api_open.split(",") if configured.api_keys else None
        own = sorted(path.name for path in static.iterdir())
        self._around = Surroundings(configured.default_model, open_parts, own, list(ASSETS))
        self._written: tuple[Sequence[ServedModel], bytes] | None = None

    def written(self, served: Sequence[ServedModel]) -> bytes:
        """The document as JSON."""
        last = self._written
        if not last or last[0] != served:
            last = self._written = served, write_json(document.make(served, self._around))
        return last[1]


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document for programs."""
    found: Document = current_app.extensions["document"]
    response = Response(found.written(list(current.registry().served.values())), mimetype="application/json")
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/docs")
def docs() -> Response:
    """The document for people, who need JavaScript for it."""
    response = make_response(render_template("docs.html"))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/docs/<file>")
def asset(file: str) -> Response:
    """A file of the package that the page loads."""
    if file not in ASSETS:
        abort(404, "the page loads no file of that name")
    return send_from_directory(PACKAGE, file, mimetype=ASSETS[file])
