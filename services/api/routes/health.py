"""What others watch the api by: whether it lives, whether it is ready, and what it has counted."""

from flask import Blueprint, Response, request

from services.api.errors import NotReady
from services.api.routes import current
from services.api.telemetry import metrics, probe_paths

blueprint = Blueprint("observability", __name__)


@blueprint.get("/health")
def health() -> dict[str, str]:
    """Whether this process lives."""
    return {"status": "alive"}


@blueprint.get("/ready")
def ready() -> dict[str, object]:
    """Whether a model serves: the served models and their versions, or 503."""
    served = current.registry().served
    if not served:
        raise NotReady
    return {"status": "ready", "models": {name: each.manifest.version for name, each in served.items()}}


@blueprint.get(probe_paths.METRICS)
def counted() -> Response:
    """What all workers have counted, for Prometheus."""
    manifests = [each.manifest for each in current.registry().served.values()]
    content, content_type = metrics.exposition(request.headers.get("Accept", ""), manifests)
    return Response(content, content_type=content_type)
