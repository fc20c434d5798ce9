"""The JSON Schema of a CloudEvent whose data is a row."""

from petalstream import cloudevents
from services.api.models.json_schema import Schema
from services.api.openapi.operation import Json

_ATTRIBUTE: Schema = {"type": ["string", "boolean", "integer", "null"]}
_BASE64: Schema = {
    "type": "string",
    "contentEncoding": "base64",
    "contentMediaType": "application/json",
    "description": "The row as JSON in UTF-8 and base64, in place of `data`.",
}


def event(row: Schema) -> Schema:
    """Return the schema of an event: a `specversion`, a row as its data, and any other attributes."""
    data_type: Schema = {"type": ["string", "null"], "pattern": cloudevents.JSON_TYPE}
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": cloudevents.SPECVERSION},
            **dict.fromkeys(("id", "source", "type"), _ATTRIBUTE),
            "datacontenttype": data_type,
            cloudevents.DATA: row,
            cloudevents.BASE64: _BASE64,
        },
        "required": ["specversion"],
        "oneOf": [{"required": [cloudevents.DATA]}, {"required": [cloudevents.BASE64]}],
        "additionalProperties": _ATTRIBUTE,
    }


def example(row: Json, number: int) -> Json:
    """Return an event with `row` as its data."""
    own = {"specversion": cloudevents.SPECVERSION, "id": str(number), "source": "/examples", "type": "example.sample"}
    return {**own, cloudevents.DATA: row}
