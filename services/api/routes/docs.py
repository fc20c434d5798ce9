"""The routes of the OpenAPI document, and of a page that shows it with Swagger UI from an installed package."""

from collections.abc import Sequence
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, send_from_directory

from petalstream.settings import Settings
from petalstream.web import frame
from petalstream.web.security_headers import NOTHING
from services.api.models.loading import ServedModel
from services.api.openapi import document
from services.api.openapi.placeholders import Deployment
from services.api.routes import current
from services.api.wire.json_text import write_json

blueprint = Blueprint("docs", __name__)

PACKAGE = Path(flask_swagger_ui.__file__).with_name("dist")
# The files of Swagger UI that the page loads. The media type of a script is not the same on all systems.
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
# Swagger UI sets styles by script, and requests the document and what its user tries.
POLICY = f"{NOTHING}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"


class Document:
    """The OpenAPI document as JSON, generated once for each set of served models and for the last path prefix."""

    def __init__(self, configured: Settings, static: Path) -> None:
        open_parts = configured.api_open.split(",") if configured.api_keys else None
        static_files = sorted([*frame.FILES, *(path.name for path in static.iterdir())])
        self._deployment = Deployment(configured.default_model, open_parts, static_files, list(ASSETS))
        self._last: tuple[Sequence[ServedModel], str, bytes] | None = None

    def json(self, served: Sequence[ServedModel], prefix: str) -> bytes:
        """Return the document for these models, below a path prefix."""
        last = self._last
        if not last or last[:2] != (served, prefix):
            generated = document.generate(served, self._deployment) | {"servers": [{"url": prefix or "/"}]}
            last = self._last = served, prefix, write_json(generated)
        return last[2]


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the document, or 304 if the client has it."""
    found: Document = current_app.extensions["document"]
    response = Response(
        found.json(list(current.registry().served.values()), request.script_root), mimetype="application/json"
    )
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/docs")
def docs() -> Response:
    """Return the page that shows the document, which needs JavaScript."""
    response = make_response(render_template("docs.html"))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/docs/<file>")
def asset(file: str) -> Response:
    """Return a file of Swagger UI that the page loads."""
    if file not in ASSETS:
        abort(404, "the page loads no file of that name")
    return send_from_directory(PACKAGE, file, mimetype=ASSETS[file])
