"""Routes for predictions."""

from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.exceptions import MethodNotAllowed

from services.api.routes import current, pages, prediction_formats
from services.api.scoring import service
from services.api.wire import media_types
from services.api.wire.negotiation import ROW_FORMATS, require_format, wants_error_report, wants_page
from services.api.wire.rows import read_rows

blueprint = Blueprint("predict", __name__)
blueprint.before_request(partial(require_format, ROW_FORMATS))


@blueprint.post("/predict")
def predict_default() -> Response:
    """Return predictions of the default model, for rows in JSON, CSV or CloudEvents."""
    return _predict_rows(current.settings().default_model)


@blueprint.get("/models/<name>/predict")
def redirect_to_form(name: str) -> Response:
    """Redirect a browser that opens the address of a prediction to the form. Other clients get 405."""
    if not wants_page():
        raise MethodNotAllowed(valid_methods=["POST", "OPTIONS"])
    return make_response(redirect(url_for("pages.model", name=name), HTTPStatus.SEE_OTHER))


@blueprint.post("/models/<name>/predict")
def predict(name: str) -> Response:
    """Return predictions of the model `name`: one for an object, an event or a form, else a list, or CSV.

    With `?on_error=report` an invalid row gets its errors, and the other rows their predictions.
    """
    return pages.predict(name) if request.mimetype == media_types.FORM else _predict_rows(name)


def _predict_rows(name: str) -> Response:
    served = current.registry().find(name)
    reports = wants_error_report()
    rows, is_single = read_rows(request, served.manifest.features, current.settings().api_max_body_bytes)
    predictions = service.score(request.environ, served.scorer, rows, reports)
    return prediction_formats.respond(predictions, is_single, reports)
