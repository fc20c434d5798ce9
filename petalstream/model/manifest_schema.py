"""The JSON Schema of a manifest: what the pages and the descriptions of the models read of it."""

import json
from datetime import datetime

from petalstream.json_schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    TEXT,
    Schema,
    array_of,
    mapping_of,
    object_with,
    one_of,
    or_null,
    validate,
)
from petalstream.model.bundle import Bundle
from petalstream.model.manifest import MANIFEST, BundleError, Manifest
from petalstream.model.metrics import METRICS

_SCORE = object_with(mean=NUMBER, spread=NUMBER)
_OF_LABELS: dict[str, Schema] = {"accuracy": _SCORE, "balanced_accuracy": _SCORE}
_OF_NUMBERS: dict[str, Schema] = {"r2": _SCORE, "mean_absolute_error": _SCORE}
_SOURCE = object_with(citation=TEXT, url=TEXT, licence=TEXT)
_QUANTILES: Schema = object_with(**{"0": NUMBER, "1": NUMBER})
_CHOICES = object_with(choices=array_of(TEXT), counts=array_of(COUNT))
_BINS = object_with(edges=array_of(NUMBER), counts=array_of(COUNT), quantiles=_QUANTILES)
# A text, or a column without a value.
_NONE: Schema = {"type": "object", "properties": {"missing": COUNT}, "additionalProperties": False}
_TEXTS = (
    "model",
    "version",
    "trained_at",
    "fingerprint",
    "title",
    "predicts",
    "sample",
    "target",
    "unit",
    "probability",
)


_ESTIMATE = object_with(value=NUMBER, lower=NUMBER, upper=NUMBER)
_SLICE = object_with(feature=TEXT, value=or_null(TEXT), rows=COUNT, estimate=or_null(_ESTIMATE))


def _on_test(*headlines: str) -> dict[str, Schema]:
    """Return the schemas of estimates, baseline and slices; the estimates of the `headlines` are always there."""
    names = {"propertyNames": one_of(METRICS)}
    return {
        "test": mapping_of(_ESTIMATE) | names | {"required": list(headlines)},
        "baseline": mapping_of(NUMBER) | names,
        "slices": array_of(_SLICE),
    }


def _of_training(metrics: Schema, validated: str, scores: dict[str, Schema]) -> Schema:
    """Return the schema of metrics that may have what only training finds: one on the validation part, and `scores`.

    The scores are those of a cross-validation.
    """
    crossed = object_with(folds=COUNT, repeats=COUNT, rows=COUNT, **scores, without=mapping_of(object_with(**scores)))
    found = {"cross_validation": object_with(cross_validation=crossed), validated: object_with(**{validated: NUMBER})}
    return metrics | {"dependentSchemas": found}


_METRICS_OF_LABELS = object_with(
    test_accuracy=NUMBER,
    commonest_share=NUMBER,
    test_classes=mapping_of(object_with(precision=NUMBER, recall=NUMBER, support=COUNT)),
    **_on_test("accuracy"),
)
_ERRORS = object_with(mean_absolute_error=NUMBER, root_mean_squared_error=NUMBER)
_METRICS_OF_NUMBERS = object_with(
    test_r2=NUMBER,
    test_errors=_ERRORS,
    errors_of_mean=_ERRORS,
    interval_coverage=NUMBER,
    **_on_test("mean_absolute_error"),
)
_CONDITION = object_with(
    **dict.fromkeys(("condition", "metric", "sentence"), TEXT),
    value=or_null(NUMBER),
    interval=or_null(array_of(NUMBER)),
    rows=COUNT,
    passed=BOOLEAN,
)
_GOLDEN_LABEL = object_with(features=mapping_of({}), label=TEXT, probabilities=mapping_of(NUMBER))
_GOLDEN_NUMBER = object_with(features=mapping_of({}), prediction=NUMBER)
_FITTED = object_with(file=TEXT, sha256=TEXT, is_graph=BOOLEAN, made_with=mapping_of(TEXT))
SCHEMA = object_with(
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys(("notes", "labels", "voters", "findings", "requirements"), array_of(TEXT)),
    card=mapping_of(TEXT),
    threshold=mapping_of(NUMBER),
    interval=mapping_of(NUMBER),
    tolerance=NUMBER,
    data=object_with(csv=TEXT, rows=COUNT, sha256=TEXT, parts=mapping_of(COUNT), fitted_on=COUNT)
    | {"dependentSchemas": {"citation": _SOURCE}},
    features=array_of(object_with(name=TEXT, label=TEXT, unit=TEXT, help=TEXT)),
    parameters=mapping_of({}),
    metrics={
        "anyOf": [
            _of_training(_METRICS_OF_LABELS, "validation_accuracy", _OF_LABELS),
            _of_training(_METRICS_OF_NUMBERS, "validation_r2", _OF_NUMBERS),
        ]
    },
    conditions=array_of(_CONDITION),
    training=mapping_of({"anyOf": [_CHOICES, _BINS, _NONE]}),
    golden=array_of({"anyOf": [_GOLDEN_LABEL, _GOLDEN_NUMBER]}),
    libraries=mapping_of(TEXT),
    code=mapping_of(TEXT),
    memory=mapping_of(COUNT),
    onnx={"anyOf": [{"type": "null"}, mapping_of(NUMBER)]},
    fitted={"anyOf": [{"type": "object", "maxProperties": 0}, _FITTED]},
)


def check_bundle(bundle: Bundle) -> None:
    """Raise BundleError unless the bundle is in its model's folder, lists its model files and fits the schema."""
    manifest, path = bundle.manifest, bundle.path / MANIFEST
    if manifest.model != bundle.path.parent.name:
        raise BundleError(f"{path} is of the model {manifest.model!r}, and not of {bundle.path.parent.name!r}")
    if manifest.version != bundle.path.name:
        raise BundleError(f"{path} is of version {manifest.version!r}, and not of {bundle.path.name!r}")
    for name in bundle.model_files:
        if name not in manifest.files:
            raise BundleError(f"{path} does not list {name}")
    try:
        _validate_manifest(manifest)
    except (KeyError, ValueError, TypeError) as error:
        raise BundleError(f"{path} cannot be shown: {type(error).__name__}: {error}") from error


def _validate_manifest(manifest: Manifest) -> None:
    validate(json.loads(manifest.to_json()), SCHEMA)
    datetime.fromisoformat(manifest.trained_at)
    for feature in manifest.inputs:
        manifest.training[feature.name]
