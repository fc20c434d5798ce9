"""Routes that respond with a page or with JSON, as the client prefers."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from petalstream.model.manifest import Manifest
from services.api.errors import InvalidRows
from services.api.models import descriptions
from services.api.pages import form_entries, form_fields, history_view, prediction, stack_status
from services.api.pages.form_entries import Entries
from services.api.pages.prediction import PredictionView
from services.api.routes import current, prediction_formats
from services.api.scoring import service
from services.api.wire.body import read_fields
from services.api.wire.negotiation import json_response, require_format, wants_error_report, wants_page

blueprint = Blueprint("pages", __name__)
blueprint.before_request(partial(require_format, ["json"]))


@blueprint.get("/")
@blueprint.get("/models")
def index() -> Response:
    """Return the models; the page also has the state of the stack."""
    served, refused = current.registry().served, current.registry().refused
    if not wants_page():
        return json_response(descriptions.describe_models(served, refused, request.script_root))
    brokers = stack_status.check_brokers(current.settings().kafka_bootstrap_servers)
    return _page(
        "index.html", served=served, refused=refused, brokers=brokers, libraries=stack_status.library_versions()
    )


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Redirect browsers that request the icon without having read a page."""
    return make_response(redirect(url_for("static", filename="favicon.svg"), HTTPStatus.MOVED_PERMANENTLY))


@blueprint.get("/models/<name>")
def model(name: str) -> Response:
    """Return the model's form, empty or with golden row number `?example=`; or its description in JSON."""
    manifest = current.registry().find(name).manifest
    example = _example(manifest)
    if not wants_page():
        return json_response(descriptions.describe_model(manifest, request.script_root))
    return _form(manifest, form_entries.fill_entries(manifest.features, example))


def predict(name: str) -> Response:
    """Return the prediction for a form sent to POST /models/<name>/predict."""
    served = current.registry().find(name)
    manifest, reports = served.manifest, wants_error_report()
    entries = form_entries.read_entries(manifest.features, read_fields(request, current.settings().api_max_body_bytes))
    page = wants_page()
    if entries.errors and page:
        return _form(manifest, entries, status=400)
    if entries.errors and not reports:
        raise InvalidRows(entries.errors)
    try:
        predictions = (
            served.scorer.report(entries.errors)
            if entries.errors
            else service.score(request.environ, served.scorer, [entries.row], reports and not page)
        )
    except InvalidRows as error:
        if not page:
            raise
        return _form(manifest, replace(entries, errors=error.errors), status=400)
    if not page:
        return prediction_formats.respond(predictions, True, reports)
    (predicted,) = predictions.as_rows()
    url = request.host_url.rstrip("/") + url_for("predict.predict", name=name)
    return _form(manifest, entries, prediction.build_view(manifest, entries.row, predicted, url))


@blueprint.get("/models/<name>/report")
def report(name: str) -> Response:
    """Return the report on the training and the accuracy of the model."""
    served = current.registry().find(name)
    if wants_page():
        return _page("report.html", manifest=served.manifest, report=served.report)
    if not served.report.content:
        abort(404, f"version {served.manifest.version} of {name} was published without a report")
    return json_response(served.report.content)


@blueprint.get("/models/<name>/card")
def card(name: str) -> Response:
    """Return the model card: what the model is for, what it is worth, and its limits."""
    manifest = current.registry().find(name).manifest
    if wants_page():
        return _page("card.html", manifest=manifest)
    return json_response(descriptions.describe_card(manifest, request.script_root))


@blueprint.get("/models/<name>/history")
def history(name: str) -> Response:
    """Return which versions of the model were served when, also of one that is not served now."""
    timeline = current.registry().read_history(name)
    if not wants_page():
        return json_response(descriptions.describe_history(name, timeline))
    served = current.registry().served.get(name)
    view = history_view.build_view(timeline)
    return _page("history.html", name=name, manifest=served.manifest if served else None, view=view)


@blueprint.get("/models/<name>/report/<file>")
def drawing(name: str, file: str) -> Response:
    """Return a drawing of the report."""
    svg = current.registry().find(name).report.drawings.get(file)
    if not svg:
        abort(404, f"the report of {name} has no drawing of that name")
    response = Response(svg.content, mimetype="image/svg+xml")
    response.set_etag(svg.sha256)
    # The name stays the same when the model is trained again, so browsers must ask whether theirs is current.
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def _form(manifest: Manifest, entries: Entries, view: PredictionView | None = None, status: int = 200) -> Response:
    context = {
        "manifest": manifest,
        "fields": form_fields.build_fields(manifest, entries),
        "errors": form_fields.list_errors(manifest, entries),
        "examples": form_fields.list_examples(manifest),
        "answer": view,
    }
    return _page("model.html", status, **context)


def _example(manifest: Manifest) -> dict[str, Any]:
    """Return the features of golden row number `?example=`, an empty dict without it."""
    number, golden = request.args.get("example"), manifest.examples
    if number is None:
        return {}
    if number not in map(str, range(len(golden))):
        abort(404, f"there is no such example; examples of {manifest.model} are 0 to {len(golden) - 1}")
    return dict(golden[int(number)]["features"])


def _page(template: str, status: int = 200, **context: Any) -> Response:
    return make_response(render_template(template, **context), status)
