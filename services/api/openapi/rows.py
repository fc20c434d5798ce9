"""The JSON Schemas of a row in a request; they accept what `validate_row` of petalstream/row_validation.py accepts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from petalstream.schema import Feature, Kind
from services.api.models.json_schema import Schema


def one_of(texts: Iterable[str]) -> Schema:
    """Return the schema of a text that is one of these."""
    return {"type": "string", "enum": list(texts)}


def row(
    features: Sequence[Feature], of_feature: Callable[[Feature], Schema], examples: Sequence[Mapping[str, Any]] = ()
) -> Schema:
    """Return the schema of an object of named features; `of_feature` is `value`, `form_field` or `column`.

    Each feature also shows its value in the first of the `examples`.
    """
    first = examples[0] if examples else {}
    shown = {name: {"examples": [value]} for name, value in first.items()}
    schema: Schema = {
        "type": "object",
        "properties": {feature.name: of_feature(feature) | shown.get(feature.name, {}) for feature in features},
        "required": [feature.name for feature in features if feature.used],
        "additionalProperties": False,
    }
    return schema | ({"examples": list(examples)} if examples else {})


def value(feature: Feature) -> Schema:
    """Return the schema of the feature's value in JSON; null is accepted for a feature that the model does not use."""
    schema = _described(feature) | _values(feature)
    return schema if feature.used else _nullable(schema)


def form_field(feature: Feature) -> Schema:
    """Return the schema of the feature as a field of a form, where yes or no is a text."""
    is_yes_no = feature.kind is Kind.YES_NO
    return _described(feature) | (one_of(("yes", "no", "true", "false", "1", "0")) if is_yes_no else _values(feature))


def column(feature: Feature) -> Schema:
    """Return the schema of the list of the feature's values in several rows."""
    return {"type": "array", "items": value(feature), "minItems": 1}


def split(features: Sequence[Feature]) -> Schema:
    """Return the schema of a data frame as pandas writes it with orient="split", with the features in their order."""
    return {
        "type": "object",
        "properties": {
            "columns": _tuple([{"type": "string", "const": feature.name} for feature in features]),
            "index": {"type": "array", "items": {}},
            "data": {"type": "array", "items": _tuple([value(feature) for feature in features]), "minItems": 1},
        },
        "required": ["columns", "data"],
        "additionalProperties": False,
    }


def _tuple(items: Sequence[Schema]) -> Schema:
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}


def _nullable(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    types = schema["type"]
    nullable = schema | {"type": [*([types] if isinstance(types, str) else types), "null"]}
    return nullable | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def _described(feature: Feature) -> Schema:
    unit = f"Unit: {feature.unit}" if feature.unit else ""
    unused = "" if feature.used else "The model does not use it"
    description = " ".join(f"{text}." for text in (feature.help, unit, unused) if text)
    return {"title": feature.label} | ({"description": description} if description else {})


def _values(feature: Feature) -> Schema:
    if feature.kind is Kind.CATEGORY:
        return one_of(feature.choices)
    if feature.kind is Kind.YES_NO:
        return {"anyOf": [{"type": "boolean"}, {"type": "integer", "enum": [0, 1]}]}
    least, most = feature.bounds
    return {"type": "integer" if feature.is_whole else "number", "minimum": least, "maximum": most}
