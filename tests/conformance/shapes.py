"""What the Open Inference Protocol's answers look like, as JSON Schemas; more members than these may be there."""

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]
DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"]
DATATYPES += ["FP16", "FP32", "FP64", "BYTES"]
TEXT: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"type": "array", "items": TEXT}


def _object(required: Schema, **optional: Schema) -> Schema:
    return {"type": "object", "properties": required | optional, "required": list(required)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _shape(least: int) -> Schema:
    return _list({"type": "integer", "minimum": least})


PARAMETERS: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
ERROR = _object({"error": TEXT})
# The body of a health answer may be empty; where it is not, it says what the status says.
HEALTH: Schema = {"type": "object", "additionalProperties": {"anyOf": [{"const": True}, {"type": "string"}]}}
SERVER = _object({"name": TEXT, "version": TEXT, "extensions": TEXTS})
_DESCRIBED = _object({"name": TEXT, "datatype": {"enum": DATATYPES}, "shape": _shape(-1)})
MODEL = _object(
    {"name": TEXT, "platform": {"type": "string"}, "inputs": _list(_DESCRIBED), "outputs": _list(_DESCRIBED)},
    versions=TEXTS,
)
_DATA = _list({"type": ["array", "string", "number", "boolean"]})
_OUTPUT = _object(
    {"name": TEXT, "datatype": {"enum": DATATYPES}, "shape": _shape(0), "data": _DATA}, parameters=PARAMETERS
)
INFERENCE = _object(
    {"model_name": TEXT, "outputs": _list(_OUTPUT)}, model_version=TEXT, id={"type": "string"}, parameters=PARAMETERS
)
_STATE: Schema = {"enum": ["UNKNOWN", "READY", "UNAVAILABLE", "LOADING", "UNLOADING"]}
INDEX = _list(_object({"name": TEXT, "state": _STATE, "reason": {"type": "string"}}, version={"type": "string"}))


def check(content: Any, schema: Schema) -> None:
    """Fail unless the content is such."""
    faults = [f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(schema).iter_errors(content)]
    assert not faults, faults
