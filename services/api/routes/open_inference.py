"""The Open Inference Protocol, version 2, over REST: https://github.com/kserve/open-inference-protocol."""

from typing import Any

from flask import Blueprint, Response, request

from services.api.errors import NotReady, WrongTensor
from services.api.routes import current
from services.api.scoring import service
from services.api.wire import inference_json, tensor_metadata
from services.api.wire.body import read_json
from services.api.wire.negotiation import json_response
from services.api.wire.tensors import NO_BINARY

blueprint = Blueprint("protocol", __name__, url_prefix="/v2")


# The specification has the one in its text and the other in its OpenAPI file.
@blueprint.get("")
@blueprint.get("/")
def server() -> dict[str, Any]:
    """What this server is, and which extensions it has."""
    return tensor_metadata.SERVER


@blueprint.get("/health/live")
def live() -> dict[str, bool]:
    """Whether this process lives."""
    return {"live": True}


@blueprint.get("/health/ready")
def ready() -> dict[str, bool]:
    """Whether a model serves, or 503."""
    if not current.registry().served:
        raise NotReady
    # The specification has `live` here too, where servers and clients have `ready`.
    return {"live": True, "ready": True}


@blueprint.get("/models/<name>")
@blueprint.get("/models/<name>/versions/<version>")
def model(name: str, version: str | None = None) -> dict[str, Any]:
    """The tensors that a model takes and gives."""
    served = current.registry().find(name, version)
    return tensor_metadata.describe_tensors(served.manifest, current.registry().versions(name))


@blueprint.get("/models/<name>/ready")
@blueprint.get("/models/<name>/versions/<version>/ready")
def model_ready(name: str, version: str | None = None) -> dict[str, Any]:
    """Whether the model can be asked, or 404 or 503."""
    current.registry().find(name, version)
    return {"name": name, "ready": True}


@blueprint.post("/models/<name>/infer")
@blueprint.post("/models/<name>/versions/<version>/infer")
def infer(name: str, version: str | None = None) -> Response:
    """Predictions for the tensors of the body."""
    served = current.registry().find(name, version)
    if "Inference-Header-Content-Length" in request.headers:
        raise WrongTensor(NO_BINARY)
    content = read_json(request, current.settings().api_max_body_bytes)
    asked = inference_json.read_request(served.manifest.features, content)
    return json_response(
        inference_json.build_response(served.manifest, asked, service.score(request.environ, served.scorer, asked.rows))
    )
