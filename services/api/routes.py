"""The api's routes; each only translates between HTTP and the core."""

import json

from flask import Blueprint, Response, current_app, request

from petalstream.settings import Settings
from services.api.body import read_rows, reports_errors
from services.api.registry import NotReady, Registry

blueprint = Blueprint("api", __name__)


def _registry() -> Registry:
    registry: Registry = current_app.extensions["registry"]
    return registry


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


@blueprint.get("/health")
def health() -> dict[str, str]:
    """Whether this process lives."""
    return {"status": "alive"}


@blueprint.get("/ready")
def ready() -> dict[str, object]:
    """Whether a model serves: the served models and their versions, or 503."""
    scorers = _registry().scorers
    if not scorers:
        raise NotReady
    return {"status": "ready", "models": {name: scorer.manifest.version for name, scorer in scorers.items()}}


@blueprint.post("/predict")
def predict_default() -> Response:
    """Predictions of the default model."""
    return predict(_settings().default_model)


@blueprint.post("/models/<name>/predict")
def predict(name: str) -> Response:
    """Predictions of the model `name`: an answer for an object, a list of answers for a list.

    With `?on_error=report` a row at fault is answered with its errors, and its neighbours with their predictions.
    """
    scorer = _registry().scorer(name)
    predict_rows = scorer.report if reports_errors(request) else scorer.predict
    rows, single = read_rows(request, _settings().api_max_body_bytes)
    answers = predict_rows(rows)
    return Response(json.dumps(answers[0] if single else answers, allow_nan=False), mimetype="application/json")
