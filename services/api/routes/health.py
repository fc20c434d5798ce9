"""Routes for monitoring: liveness, readiness and metrics."""

from flask import Blueprint, Response, request

from services.api.routes import current
from services.api.telemetry import metrics, probe_paths

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> dict[str, str]:
    """Return 200 while this process can respond."""
    return {"status": "alive"}


@blueprint.get("/ready")
def ready() -> dict[str, object]:
    """Return the served models and their versions, or 503 without any."""
    current.registry().require_served()
    served = current.registry().served
    return {"status": "ready", "models": {name: each.manifest.version for name, each in served.items()}}


@blueprint.get(probe_paths.METRICS)
def metrics_text() -> Response:
    """Return the metrics of all workers for Prometheus."""
    manifests = [each.manifest for each in current.registry().served.values()]
    content, content_type = metrics.expose(request.headers.get("Accept", ""), manifests)
    return Response(content, content_type=content_type)
