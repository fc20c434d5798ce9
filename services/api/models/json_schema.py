"""The JSON Schemas of what pages read of a bundle, so that no page fails over what one of its files lacks."""

import json
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

Schema = dict[str, Any]
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}


def array_of(each: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": each}


def mapping_of(each: Schema) -> Schema:
    """An object with any names, of such."""
    return {"type": "object", "additionalProperties": each}


def object_with(**properties: Schema) -> Schema:
    """An object with these names, and maybe more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def validate(content: Any, schema: Schema) -> None:
    """Raise ValueError unless `content` fits the schema and can be sent as JSON and in a page: no NaN, all UTF-8."""
    json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
    if fault := best_match(Draft202012Validator(schema).iter_errors(content)):
        raise ValueError(f"{fault.json_path}: {fault.message[:200]}")
