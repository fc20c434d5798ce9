"""Routes of the Open Inference Protocol, version 2: https://github.com/kserve/open-inference-protocol."""

from typing import Any

from flask import Blueprint, Response, request

from services.api.routes import current
from services.api.scoring import service
from services.api.wire import inference_json, tensor_metadata
from services.api.wire.binary_tensors import HEADER, Blobs, split_body
from services.api.wire.body import parse_json, read_body, read_json

blueprint = Blueprint("open_inference", __name__, url_prefix="/v2")


# The text of the specification has the first, its OpenAPI file the second.
@blueprint.get("")
@blueprint.get("/")
def server() -> dict[str, Any]:
    """Return the name, version and extensions of this server."""
    return tensor_metadata.SERVER


@blueprint.get("/health/live")
def live() -> dict[str, bool]:
    """Return 200 while this process can respond."""
    return {"live": True}


@blueprint.get("/health/ready")
def ready() -> dict[str, bool]:
    """Return 200 if a model is served, else 503."""
    current.registry().require_served()
    # The specification says `live` here too; other servers and clients use `ready`.
    return {"live": True, "ready": True}


@blueprint.get("/models/<name>")
@blueprint.get("/models/<name>/versions/<version>")
def model(name: str, version: str | None = None) -> dict[str, Any]:
    """Return the input and output tensors of a model."""
    served = current.registry().find(name, version)
    return tensor_metadata.describe_tensors(served.manifest, current.registry().versions(name))


@blueprint.get("/models/<name>/ready")
@blueprint.get("/models/<name>/versions/<version>/ready")
def model_ready(name: str, version: str | None = None) -> dict[str, Any]:
    """Return 200 if the model can predict, else 404 or 503."""
    current.registry().find(name, version)
    return {"name": name, "ready": True}


@blueprint.post("/models/<name>/infer")
@blueprint.post("/models/<name>/versions/<version>/infer")
def infer(name: str, version: str | None = None) -> Response:
    """Return predictions for the tensors in the body."""
    served = current.registry().find(name, version)
    header, most_bytes = request.headers.get(HEADER), current.settings().api_max_body_bytes
    if header is None:
        content, blobs = read_json(request, most_bytes), Blobs(b"")
    else:
        text, blobs = split_body(read_body(request, most_bytes), header)
        content = parse_json(text)
    parsed = inference_json.read_request(served.manifest, content, blobs)
    predictions = service.score(request.environ, served.scorer, parsed.rows)
    described, body = inference_json.write_response(served.manifest, parsed, predictions)
    return Response(body, headers=described)
