"""Whether a bundle says all that the pages and the list of models read of it."""

from dataclasses import asdict
from typing import Any

from petalstream.bundle import MANIFEST, MODEL, Bundle, BundleError, Manifest
from services.api import descriptions, shapes, wording
from services.api.shapes import ANY, NUMBER

_SCORES = {name: {"mean": NUMBER, "spread": NUMBER} for name in ("accuracy", "balanced_accuracy")}
_CROSSED = {"folds": int, "repeats": int, **_SCORES, "without": {ANY: _SCORES}}
_SOURCE = {"citation": str, "url": str, "licence": str}
_CHOICES = {"choices": [str], "counts": [int]}
_NUMBERS = {"edges": [NUMBER], "counts": [int], "quantiles": {"0": NUMBER, "1": NUMBER}}
_WORDS = ("model", "version", "trained_at", "fingerprint", "title", "predicts", "sample", "target", "probability")
_SHAPE: dict[Any, Any] = {
    **dict.fromkeys(_WORDS, str),
    **{name: [str] for name in ("notes", "labels", "voters")},
    "data": {"csv": str, "rows": int, "sha256": str},
    "features": [dict.fromkeys(("name", "label", "unit", "help"), str)],
    "parameters": {ANY: object},
    "metrics": {
        **dict.fromkeys(("validation_accuracy", "test_accuracy", "commonest_share"), NUMBER),
        "test_classes": {ANY: {"precision": NUMBER, "recall": NUMBER, "support": int}},
    },
    "golden": [{"features": {ANY: object}, "label": str, "probabilities": {ANY: NUMBER}}],
    "libraries": {ANY: str},
}


def check(found: Bundle) -> None:
    """Raise BundleError unless the bundle lies in the folder of its model, names a model file, and can be shown."""
    manifest, path = found.manifest, found.path / MANIFEST
    if manifest.model != found.path.parent.name:
        raise BundleError(f"{path} is of the model {manifest.model!r}, and not of {found.path.parent.name!r}")
    if MODEL not in manifest.files:
        raise BundleError(f"{path} does not list {MODEL}")
    try:
        _check_shape(manifest)
        shapes.writable(descriptions.description(manifest))
        wording.moment(manifest.trained_at)
    except (KeyError, ValueError, TypeError) as error:
        raise BundleError(f"{path} cannot be shown: {type(error).__name__}: {error}") from error


def _check_shape(manifest: Manifest) -> None:
    shapes.require(asdict(manifest), _SHAPE)
    if "cross_validation" in manifest.metrics:
        shapes.require(manifest.metrics["cross_validation"], _CROSSED, "metrics.cross_validation")
    if "citation" in manifest.data:
        shapes.require(manifest.data, _SOURCE, "data")
    for feature in manifest.inputs:
        seen = manifest.training[feature.name]
        shapes.require(seen, _CHOICES if "choices" in seen else _NUMBERS, f"training.{feature.name}")
