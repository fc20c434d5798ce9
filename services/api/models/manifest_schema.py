"""Whether a bundle says all that the pages and the list of models read of it."""

import json
from datetime import datetime

from petalstream.bundle import MANIFEST, MODEL, ONNX, Bundle, BundleError, Manifest
from services.api.models.json_schema import COUNT, NUMBER, TEXT, Schema, listed, mapped, named, require

_SCORE = named(mean=NUMBER, spread=NUMBER)
_SCORES: dict[str, Schema] = {"accuracy": _SCORE, "balanced_accuracy": _SCORE}
_CROSSED = named(folds=COUNT, repeats=COUNT, **_SCORES, without=mapped(named(**_SCORES)))
_SOURCE = named(citation=TEXT, url=TEXT, licence=TEXT)
_QUANTILES: Schema = named(**{"0": NUMBER, "1": NUMBER})
_COUNTED = named(choices=listed(TEXT), counts=listed(COUNT))
_BINNED = named(edges=listed(NUMBER), counts=listed(COUNT), quantiles=_QUANTILES)
_WORDS = ("model", "version", "trained_at", "fingerprint", "title", "predicts", "sample", "target", "probability")
SCHEMA = named(
    **dict.fromkeys(_WORDS, TEXT),
    **dict.fromkeys(("notes", "labels", "voters"), listed(TEXT)),
    data=named(csv=TEXT, rows=COUNT, sha256=TEXT) | {"dependentSchemas": {"citation": _SOURCE}},
    features=listed(named(name=TEXT, label=TEXT, unit=TEXT, help=TEXT)),
    parameters=mapped({}),
    metrics=named(
        validation_accuracy=NUMBER,
        test_accuracy=NUMBER,
        commonest_share=NUMBER,
        test_classes=mapped(named(precision=NUMBER, recall=NUMBER, support=COUNT)),
    )
    | {"dependentSchemas": {"cross_validation": named(cross_validation=_CROSSED)}},
    training=mapped({"anyOf": [_COUNTED, _BINNED]}),
    golden=listed(named(features=mapped({}), label=TEXT, probabilities=mapped(NUMBER))),
    libraries=mapped(TEXT),
    onnx={"anyOf": [{"type": "null"}, named(tolerance=NUMBER)]},
)


def check(found: Bundle) -> None:
    """Raise BundleError unless the bundle lies in the folder of its model, names a model file, and can be shown."""
    manifest, path = found.manifest, found.path / MANIFEST
    if manifest.model != found.path.parent.name:
        raise BundleError(f"{path} is of the model {manifest.model!r}, and not of {found.path.parent.name!r}")
    if manifest.version != found.path.name:
        raise BundleError(f"{path} is of version {manifest.version!r}, and not of {found.path.name!r}")
    for name in (MODEL, ONNX) if manifest.onnx else (MODEL,):
        if name not in manifest.files:
            raise BundleError(f"{path} does not list {name}")
    try:
        _check_shape(manifest)
    except (KeyError, ValueError, TypeError) as error:
        raise BundleError(f"{path} cannot be shown: {type(error).__name__}: {error}") from error


def _check_shape(manifest: Manifest) -> None:
    require(json.loads(manifest.to_json()), SCHEMA)
    datetime.fromisoformat(manifest.trained_at)
    for feature in manifest.inputs:
        manifest.training[feature.name]
