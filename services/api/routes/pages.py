"""What a person and a program can both ask for: each route answers with a page or with JSON."""

from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from petalstream.bundle import Manifest
from services.api.errors import InvalidRows
from services.api.models import descriptions
from services.api.pages import form_entries, form_fields, prediction, stack_status
from services.api.pages.form_entries import Entries
from services.api.pages.prediction import PredictionView
from services.api.routes import current
from services.api.scoring import service
from services.api.wire.body import read_fields
from services.api.wire.negotiation import json_response, require_format, wants_error_report, wants_page

blueprint = Blueprint("pages", __name__)
blueprint.before_request(partial(require_format, ["json"]))


@blueprint.get("/")
@blueprint.get("/models")
def index() -> Response:
    """The models, and for a person the state of the stack too."""
    served, refused = current.registry().served, current.registry().refused
    if not wants_page():
        return json_response(descriptions.describe_models(served, refused))
    brokers = stack_status.check_brokers(current.settings().kafka_bootstrap_servers)
    return _page(
        "index.html", served=served, refused=refused, brokers=brokers, libraries=stack_status.library_versions()
    )


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Where the drawing is, for those that ask for it here without having read a page."""
    return make_response(redirect(url_for("static", filename="favicon.svg"), HTTPStatus.MOVED_PERMANENTLY))


@blueprint.get("/models/<name>")
def model(name: str) -> Response:
    """The model's form, empty or with the golden row that `?example=` counts; or its description."""
    manifest = current.registry().find(name).manifest
    example = _example(manifest)
    if not wants_page():
        return json_response(descriptions.describe_model(manifest))
    return _form(manifest, form_entries.fill_entries(manifest.features, example))


def predict(name: str) -> Response:
    """The prediction for a form that was sent to POST /models/<name>/predict."""
    served = current.registry().find(name)
    manifest, reports = served.manifest, wants_error_report()
    entries = form_entries.read_entries(manifest.features, read_fields(request, current.settings().api_max_body_bytes))
    page = wants_page()
    if entries.errors and page:
        return _form(manifest, entries, status=400)
    if entries.errors and reports:
        return json_response({"errors": [asdict(error) for error in entries.errors]})
    if entries.errors:
        raise InvalidRows(entries.errors)
    (answer,) = service.score(request.environ, served.scorer, [entries.row]).as_rows()
    if not page:
        return json_response(answer)
    url = request.host_url.rstrip("/") + url_for("api.predict", name=name)
    return _form(manifest, entries, prediction.build_view(manifest, entries.row, answer, url))


@blueprint.get("/models/<name>/report")
def report(name: str) -> Response:
    """How the model was found and what it is worth."""
    served = current.registry().find(name)
    if wants_page():
        return _page("report.html", manifest=served.manifest, report=served.report)
    if not served.report.content:
        abort(404, f"version {served.manifest.version} of {name} was published without a report")
    return json_response(served.report.content)


@blueprint.get("/models/<name>/report/<file>")
def drawing(name: str, file: str) -> Response:
    """A drawing of the report."""
    found = current.registry().find(name).report.drawings.get(file)
    if not found:
        abort(404, f"the report of {name} has no drawing of that name")
    response = Response(found.content, mimetype="image/svg+xml")
    response.set_etag(found.sha256)
    # The name stays the same when the model is trained again: a browser may keep it, and asks whether it still holds.
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def _form(manifest: Manifest, entries: Entries, answer: PredictionView | None = None, status: int = 200) -> Response:
    shown = {
        "manifest": manifest,
        "fields": form_fields.build_fields(manifest, entries),
        "errors": form_fields.list_errors(manifest, entries),
        "examples": form_fields.list_examples(manifest),
        "answer": answer,
    }
    return _page("model.html", status, **shown)


def _example(manifest: Manifest) -> dict[str, Any]:
    """The values of the golden row that the query asks for, none where it asks for none."""
    wish, golden = request.args.get("example"), manifest.golden
    if wish is None:
        return {}
    if wish not in map(str, range(len(golden))):
        abort(404, f"there is no such example; examples of {manifest.model} are 0 to {len(golden) - 1}")
    return dict(golden[int(wish)]["features"])


def _page(template: str, status: int = 200, **shown: Any) -> Response:
    return make_response(render_template(template, **shown), status)
