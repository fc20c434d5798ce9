"""The JSON Schemas of the Open Inference Protocol: what a model takes and gives as tensors."""

from collections.abc import Mapping

from petalstream.bundle import Manifest
from petalstream.schema import Feature, Kind
from services.api.models.json_schema import TEXT, Schema, array_of, mapping_of, object_with
from services.api.openapi import answers, rows
from services.api.openapi.operation import one_of
from services.api.wire import datatypes
from services.api.wire.inference_json import OUTPUTS
from services.api.wire.tensor_metadata import PREDICT, PROBABILITIES

_SIZE: Schema = {"type": "integer", "minimum": 1}
_DESCRIBED = object_with(
    name=TEXT, datatype=one_of(datatypes.DATATYPES), shape=array_of({"type": "integer", "minimum": -1})
)
_STATE = object_with(name=TEXT, version=answers.VERSION, state=one_of(("READY", "UNAVAILABLE")), reason=TEXT)
SCHEMAS: Mapping[str, Schema] = {
    "Server": object_with(name=TEXT, version=TEXT, extensions=array_of(TEXT)),
    "Live": object_with(live={"const": True}),
    "Ready": object_with(ready={"const": True}),
    "ModelReady": object_with(name=TEXT, ready={"const": True}),
    "Metadata": object_with(
        name=TEXT,
        versions=array_of(answers.VERSION),
        platform=TEXT,
        inputs=array_of(_DESCRIBED),
        outputs=array_of(_DESCRIBED),
    ),
    "RepositoryIndex": array_of(_STATE),
}


def request(manifest: Manifest) -> Schema:
    """An inference request. Which shapes and data agree, and which inputs may be missing, a schema cannot say."""
    inputs = [_column(feature) for feature in manifest.features]
    if all(feature.kind is not Kind.CATEGORY for feature in manifest.features):
        inputs.append(_matrix(len(manifest.features), all(feature.used for feature in manifest.features)))
    schema = object_with(inputs=_some({"anyOf": inputs}))
    schema["properties"] |= {
        "id": {"type": ["string", "null"], "description": "The answer has it too."},
        "outputs": {"type": ["array", "null"], "items": _with_parameters(object_with(name=one_of(OUTPUTS)))},
    }
    return _with_parameters(schema)


def response(manifest: Manifest) -> Schema:
    """An inference response."""
    labels = object_with(
        name={"const": PREDICT}, datatype={"const": "BYTES"}, shape=_sizes(1), data=_some(one_of(manifest.labels))
    )
    shares = object_with(
        name={"const": PROBABILITIES},
        datatype={"const": "FP64"},
        shape=_sizes(2),
        data=_some(answers.SHARE),
        parameters={**mapping_of(TEXT), "description": "The label of each column."},
    )
    schema = object_with(
        model_name={"const": manifest.model},
        model_version=answers.VERSION,
        outputs=_some({"anyOf": [labels, shares]}),
    )
    schema["properties"]["id"] = TEXT
    return schema


def _column(feature: Feature) -> Schema:
    """A tensor of one feature."""
    value = rows.value(feature)
    tensor = object_with(
        name={"const": feature.name},
        datatype=one_of(datatypes.accepted(feature)),
        shape={"type": "array", "items": _SIZE, "minItems": 1, "maxItems": 2},
        data=_some({"anyOf": [value, {"type": "array", "items": value, "minItems": 1, "maxItems": 1}]}),
    )
    return _with_parameters({**tensor, "title": feature.label})


def _matrix(width: int, is_whole: bool) -> Schema:
    """A tensor of all features, in their order; unless `is_whole`, some may be null."""
    value: Schema = {"type": ["number", "boolean", *([] if is_whole else ["null"])]}
    row: Schema = {"type": "array", "items": value, "minItems": width, "maxItems": width}
    tensor = object_with(
        name=TEXT, datatype=one_of(datatypes.DATATYPES), shape=_sizes(2), data=_some({"anyOf": [value, row]})
    )
    return _with_parameters({**tensor, "title": "All features in their order"})


def _sizes(dimensions: int) -> Schema:
    return {"type": "array", "items": _SIZE, "minItems": dimensions, "maxItems": dimensions}


def _some(each: Schema) -> Schema:
    """A list of one such or more."""
    return {**array_of(each), "minItems": 1}


def _with_parameters(schema: Schema) -> Schema:
    """The object, which may have parameters too; they change nothing."""
    return {**schema, "properties": {**schema["properties"], "parameters": {"type": ["object", "null"]}}}
