"""The JSON Schemas of a model's tensors in requests and responses of the Open Inference Protocol."""

from collections.abc import Mapping
from typing import Any

from petalstream.features import Feature
from petalstream.json_schema import BOOLEAN, TEXT, Schema, array_of, object_with, one_of
from petalstream.model.manifest import Manifest
from services.api.openapi import rows
from services.api.openapi.responses import VERSION
from services.api.targets import target_of
from services.api.wire import datatypes


def request(manifest: Manifest) -> Schema:
    """Return the schema of an inference request.

    JSON Schema cannot say which shapes and data agree, nor which inputs may be missing.
    """
    inputs = [_column(feature) for feature in manifest.features]
    if all("FP64" in datatypes.accepted(feature) for feature in manifest.features):
        inputs.append(_matrix(len(manifest.features), all(feature.used for feature in manifest.features)))
    output = object_with(name=one_of(target_of(manifest).describe_tensors()))
    schema = object_with(inputs=_one_or_more({"anyOf": inputs}))
    schema["properties"] |= {
        "id": {"type": ["string", "null"], "description": "The response repeats it."},
        "outputs": {"type": ["array", "null"], "items": _with_parameters(output, binary_data=BOOLEAN)},
    }
    return _with_parameters(schema, binary_data_output=BOOLEAN)


def response(manifest: Manifest) -> Schema:
    """Return the schema of an inference response."""
    target = target_of(manifest)
    elements = target.tensor_schemas()
    tensors = [_output(described, elements[name]) for name, described in target.describe_tensors().items()]
    schema = object_with(
        model_name={"const": manifest.model},
        model_version=VERSION,
        outputs=_one_or_more({"anyOf": tensors}),
    )
    schema["properties"]["id"] = TEXT
    return schema


def _output(described: Mapping[str, Any], element: Schema) -> Schema:
    """Return the schema of an output tensor with these metadata."""
    tensor = object_with(
        name={"const": described["name"]},
        datatype={"const": described["datatype"]},
        shape=_shape(len(described["shape"])),
        data=_one_or_more(element),
    )
    if "parameters" not in described:
        return tensor
    parameters = {
        "type": "object",
        "properties": {name: {"const": value} for name, value in described["parameters"].items()},
    }
    return {**tensor, "properties": {**tensor["properties"], "parameters": parameters}}


def _column(feature: Feature) -> Schema:
    """Return the schema of a tensor of one feature, of shape [n] or [n, 1]."""
    value = rows.value(feature)
    tensor = object_with(
        name={"const": feature.name},
        datatype=one_of(datatypes.accepted(feature)),
        shape=_shape(1, 2),
        data=_one_or_more({"anyOf": [value, _list(value, 1, 1)]}),
    )
    return _with_parameters({**tensor, "title": feature.label}, binary_data_size=False)


def _matrix(width: int, requires_all: bool) -> Schema:
    """Return the schema of a tensor of all `width` features, of shape [n, width]; some may be null otherwise."""
    value: Schema = {"type": ["number", "boolean", *([] if requires_all else ["null"])]}
    tensor = object_with(
        name=TEXT,
        datatype=one_of(datatypes.DATATYPES),
        shape=_shape(2),
        data=_one_or_more({"anyOf": [value, _list(value, width, width)]}),
    )
    return _with_parameters({**tensor, "title": "All features in their order"}, binary_data_size=False)


def _shape(least: int, most: int | None = None) -> Schema:
    """Return the schema of a shape with `least` to `most` dimensions, or just `least`."""
    return _list({"type": "integer", "minimum": 1}, least, most or least)


def _list(item: Schema, least: int, most: int) -> Schema:
    return {**array_of(item), "minItems": least, "maxItems": most}


def _one_or_more(item: Schema) -> Schema:
    return {**array_of(item), "minItems": 1}


def _with_parameters(schema: Schema, **known: Schema | bool) -> Schema:
    """Return the schema of the object with optional parameters, of which all but the `known` change nothing."""
    parameters = {"type": ["object", "null"], "properties": known}
    return {**schema, "properties": {**schema["properties"], "parameters": parameters}}
