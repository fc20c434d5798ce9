"""The routes for programs; each only translates between HTTP and the core."""

from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.exceptions import MethodNotAllowed

from services.api.routes import current, pages
from services.api.scoring import service
from services.api.wire import csv_table, media_types
from services.api.wire.json_text import write_predictions
from services.api.wire.media_types import CSV, JSON
from services.api.wire.negotiation import (
    json_response,
    require_format,
    wants_columns,
    wants_csv,
    wants_error_report,
    wants_page,
)
from services.api.wire.rows import read_rows

blueprint = Blueprint("api", __name__)
blueprint.before_request(partial(require_format, ["json", "csv", "columns"]))


@blueprint.post("/predict")
def predict_default() -> Response:
    """Predictions of the default model, for rows in JSON, CSV or CloudEvents."""
    return _predict_rows(current.settings().default_model)


@blueprint.get("/models/<name>/predict")
def form(name: str) -> Response:
    """The way back to the form for a person who opens the address of an answer; a program is told to post."""
    if not wants_page():
        raise MethodNotAllowed(valid_methods=["POST", "OPTIONS"])
    return make_response(redirect(url_for("pages.model", name=name), HTTPStatus.SEE_OTHER))


@blueprint.post("/models/<name>/predict")
def predict(name: str) -> Response:
    """Predictions of the model `name`: an answer for an object or an event; a list of answers for a list, a batch,
    columns or a CSV, or these as CSV; or the answer for a form.

    With `?on_error=report` a row at fault is answered with its errors, and its neighbours with their predictions.
    """
    return pages.predict(name) if request.mimetype == media_types.FORM else _predict_rows(name)


def _predict_rows(name: str) -> Response:
    served = current.registry().find(name)
    reports = wants_error_report()
    rows, single = read_rows(request, served.manifest.features, current.settings().api_max_body_bytes)
    found = service.score(request.environ, served.scorer, rows, reports)
    if wants_columns():
        return json_response(found.as_columns())
    if wants_csv():
        return Response(csv_table.write(served.manifest, found.as_rows(), reports), mimetype=CSV)
    return json_response(found.as_rows()[0]) if single else Response(write_predictions(found), mimetype=JSON)
