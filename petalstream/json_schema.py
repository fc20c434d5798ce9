"""Builds JSON Schemas, and validates against them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

Schema = dict[str, Any]
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}


def array_of(items: Schema) -> Schema:
    """Return the schema of an array of `items`."""
    return {"type": "array", "items": items}


def mapping_of(values: Schema) -> Schema:
    """Return the schema of an object of any names with `values`."""
    return {"type": "object", "additionalProperties": values}


def object_with(**properties: Schema) -> Schema:
    """Return the schema of an object that has these properties and may have more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def one_of(texts: Iterable[str]) -> Schema:
    """Return the schema of a text that is one of these."""
    return {"type": "string", "enum": list(texts)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what fits this one, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def object_of(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def validate(content: Any, schema: Schema) -> None:
    """Raise ValueError unless `content` fits the schema and can be sent as JSON and in a page: no NaN, all UTF-8."""
    json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
    if error := best_match(Draft202012Validator(schema).iter_errors(content)):
        raise ValueError(f"{error.json_path}: {error.message[:200]}")
