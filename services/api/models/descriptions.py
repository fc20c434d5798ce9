"""Describes the models in JSON, for clients of the api."""

from collections.abc import Mapping
from typing import Any

from petalstream.model.manifest import Manifest
from services.api.models.loading import ServedModel


def describe_models(served: Mapping[str, ServedModel], refused: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """Return a summary of each served model with links below `prefix`, and each refused model with the reason."""
    return {
        "models": [_summarize(model.manifest, prefix) for model in served.values()],
        "refused": [{"model": name, "reason": reason} for name, reason in refused.items()],
    }


def describe_model(manifest: Manifest, prefix: str = "") -> dict[str, Any]:
    """Return the full description of a model: its features and labels, its metrics and how it was trained."""
    return {
        **_summarize(manifest, prefix),
        "sample": manifest.sample,
        "notes": manifest.notes,
        "features": [feature.to_dict() for feature in manifest.features],
        "inputs": [feature.name for feature in manifest.inputs],
        "target": manifest.target,
        "interval": manifest.interval,
        "tolerance": manifest.tolerance,
        "probability": manifest.probability,
        "threshold": manifest.threshold,
        "voters": manifest.voters,
        "parameters": manifest.parameters,
        "metrics": manifest.metrics,
        "conditions": manifest.conditions,
        "training": manifest.training,
        "examples": [_example(golden) for golden in manifest.golden],
        "data": manifest.data,
        "libraries": manifest.libraries,
        "code": manifest.code,
        "requirements": manifest.requirements,
        "memory": manifest.memory,
        "fingerprint": manifest.fingerprint,
    }


def _summarize(manifest: Manifest, prefix: str) -> dict[str, Any]:
    path = f"{prefix}/models/{manifest.model}"
    return {
        "model": manifest.model,
        "version": manifest.version,
        "title": manifest.title,
        "predicts": manifest.predicts,
        "labels": manifest.labels,
        "unit": manifest.unit,
        "trained_at": manifest.trained_at,
        **{name: manifest.metrics[name] for name in ("test_accuracy", "test_r2") if name in manifest.metrics},
        "links": {
            "self": path,
            "predict": f"{path}/predict",
            "report": f"{path}/report",
        },
    }


def _example(golden: Mapping[str, Any]) -> dict[str, Any]:
    return {name: golden[name] for name in ("features", "label", "probabilities", "prediction") if name in golden}
