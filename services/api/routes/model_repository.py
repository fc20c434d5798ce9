"""Routes of Triton's model repository extension: list, load and unload models."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, request

from petalstream.error_text import describe_json
from services.api.errors import UnreadableBody
from services.api.routes import current
from services.api.wire.body import read_json
from services.api.wire.negotiation import json_response

blueprint = Blueprint("model_repository", __name__, url_prefix="/v2/repository")


@blueprint.before_request
def refuse_other_sites() -> None:
    """Respond with 403 to requests from pages of other sites, which could unload a model without a CORS check."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = [f"{scheme}://{request.headers.get('Host')}" for scheme in ("http", "https")]
    if site not in (None, "same-origin", "none") or origin not in (None, *own):
        abort(HTTPStatus.FORBIDDEN, "a page of another site may not use the model repository")


@blueprint.post("/index")
def index() -> Response:
    """Return every version of every model on the volume; with `ready` only those in memory."""
    only_ready = _body().get("ready", False)
    if not isinstance(only_ready, bool):
        raise UnreadableBody(f"ready must be true or false, not {describe_json(only_ready)}")
    states = [state for state in current.registry().index() if state.ready or not only_ready]
    return json_response(
        [
            {
                "name": state.model,
                "version": state.version,
                "state": "READY" if state.ready else "UNAVAILABLE",
                "reason": state.reason,
            }
            for state in states
        ]
    )


@blueprint.post("/models/<name>/load")
def load(name: str) -> Response:
    """Serve the current version of the model in all workers."""
    if overrides := [name for name in _parameters() if name == "config" or name.startswith("file:")]:
        raise UnreadableBody(f"a model is loaded as it was published: {overrides[0][:40]!r} is not offered")
    current.registry().load(name)
    return json_response({})


@blueprint.post("/models/<name>/unload")
def unload(name: str) -> Response:
    """Stop serving the model in all workers, until it is loaded."""
    _parameters()
    current.registry().unload(name)
    return json_response({})


def _parameters() -> dict[str, Any]:
    parameters = _body().get("parameters", {})
    if not isinstance(parameters, dict):
        raise UnreadableBody(f"parameters must be an object, not {describe_json(parameters)}")
    return parameters


def _body() -> dict[str, Any]:
    """Return the object in the body; an empty body counts as an empty object."""
    content = read_json(request, current.settings().api_max_body_bytes)
    if not isinstance(content, dict):
        raise UnreadableBody(f"the body must be empty or an object, not {describe_json(content)}")
    return content
