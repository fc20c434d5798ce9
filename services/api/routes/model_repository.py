"""Triton's model repository extension of the protocol: which models there are, to load and to unload them."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, request

from petalstream.error_text import describe_json
from services.api.errors import UnreadableBody
from services.api.routes import current
from services.api.wire.body import read_json
from services.api.wire.negotiation import json_response

blueprint = Blueprint("repository", __name__, url_prefix="/v2/repository")


@blueprint.before_request
def refuse_other_sites() -> None:
    """Refuse what a page of another site has a browser send, which could unload a model without reading an answer."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = [f"{scheme}://{request.headers.get('Host')}" for scheme in ("http", "https")]
    if site not in (None, "same-origin", "none") or origin not in (None, *own):
        abort(HTTPStatus.FORBIDDEN, "a page of another site may not use the model repository")


@blueprint.post("/index")
def index() -> Response:
    """Every version of every model on the volume, or with `ready` those alone that are in memory."""
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
    """Serve the version that is current on the volume, in all workers."""
    given = _parameters()
    if overrides := [word for word in given if word == "config" or word.startswith("file:")]:
        raise UnreadableBody(f"a model is loaded as it was published: {overrides[0][:40]!r} is not offered")
    current.registry().load(name)
    return json_response({})


@blueprint.post("/models/<name>/unload")
def unload(name: str) -> Response:
    """Serve the model no longer, in all workers, until it is loaded."""
    _parameters()
    current.registry().unload(name)
    return json_response({})


def _parameters() -> dict[str, Any]:
    found = _body().get("parameters", {})
    if not isinstance(found, dict):
        raise UnreadableBody(f"parameters must be an object, not {describe_json(found)}")
    return found


def _body() -> dict[str, Any]:
    """The object in the body, which may be empty."""
    content = read_json(request, current.settings().api_max_body_bytes)
    if not isinstance(content, dict):
        raise UnreadableBody(f"the body must be empty or an object, not {describe_json(content)}")
    return content
