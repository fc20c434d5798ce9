"""Describes the models in JSON, for clients of the api."""

from collections.abc import Mapping
from typing import Any

from petalstream.history.timeline import Timeline
from petalstream.model.manifest import Manifest
from services.api.models.loading import ServedModel

CARD_SECTIONS = ("intended_use", "out_of_scope", "limits", "factors", "owner")


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
        "findings": manifest.findings,
        "training": manifest.training,
        "examples": [_example(golden) for golden in manifest.examples],
        "data": manifest.data,
        "libraries": manifest.libraries,
        "code": manifest.code,
        "requirements": manifest.requirements,
        "memory": manifest.memory,
        "fingerprint": manifest.fingerprint,
    }


def describe_card(manifest: Manifest, prefix: str = "") -> dict[str, Any]:
    """Return the model card; a section that the model's definition leaves empty is null."""
    metrics = manifest.metrics
    return {
        **_summarize(manifest, prefix),
        **{section: manifest.card.get(section) or None for section in CARD_SECTIONS},
        "notes": manifest.notes,
        "data": manifest.data,
        "target": manifest.target,
        "inputs": [feature.name for feature in manifest.inputs],
        "metrics": metrics["test"],
        "baseline": metrics["baseline"],
        "slices": metrics["slices"],
        "parameters": manifest.parameters,
        "libraries": manifest.libraries,
        "fingerprint": manifest.fingerprint,
    }


def describe_history(model: str, timeline: Timeline) -> dict[str, Any]:
    """Return which versions of the model were served when, the newest first."""
    return {"model": model, "history": [entry.to_dict() for entry in timeline.newest()]}


def _summarize(manifest: Manifest, prefix: str) -> dict[str, Any]:
    path = f"{prefix}/models/{manifest.model}"
    headline = "r2" if manifest.predicts_numbers else "accuracy"
    estimate = manifest.metrics["test"].get(headline)
    return {
        "model": manifest.model,
        "version": manifest.version,
        "title": manifest.title,
        "predicts": manifest.predicts,
        "labels": manifest.labels,
        "unit": manifest.unit,
        "trained_at": manifest.trained_at,
        f"test_{headline}": manifest.metrics[f"test_{headline}"],
        "test_interval": [estimate["lower"], estimate["upper"]] if estimate else None,
        "links": {
            "self": path,
            "predict": f"{path}/predict",
            "report": f"{path}/report",
            "card": f"{path}/card",
            "history": f"{path}/history",
        },
    }


def _example(golden: Mapping[str, Any]) -> dict[str, Any]:
    return {name: golden[name] for name in ("features", "label", "probabilities", "prediction") if name in golden}
