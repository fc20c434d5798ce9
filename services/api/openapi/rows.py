"""The JSON Schemas of a row in a request; they accept what `validate_row` of petalstream/row_validation.py accepts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from petalstream.features import Category, Date, Feature, Text, YesNo
from petalstream.json_schema import TEXT, Schema, one_of


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
        "required": [feature.name for feature in features if feature.is_required],
        "additionalProperties": False,
    }
    return schema | ({"examples": list(examples)} if examples else {})


def value(feature: Feature) -> Schema:
    """Return the schema of the feature's value in JSON; null is accepted for a feature that is not required."""
    schema = _described(feature) | _values(feature)
    return schema if feature.is_required else _nullable(schema)


def form_field(feature: Feature) -> Schema:
    """Return the schema of the feature as a field of a form, where yes or no is a text."""
    if isinstance(feature, YesNo):
        values = one_of(("yes", "no", "true", "false", "1", "0"))
    elif isinstance(feature, Category):
        values = TEXT if feature.other else one_of(feature.choices)
    else:
        values = _values(feature)
    return _described(feature) | values


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
    if "type" not in schema:
        return schema | {"enum": [*schema["enum"], None]}
    types = schema["type"]
    nullable = schema | {"type": [*([types] if isinstance(types, str) else types), "null"]}
    return nullable | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def _described(feature: Feature) -> Schema:
    unit = f"Unit: {feature.unit}" if feature.unit else ""
    unused = "" if feature.used else "The model does not use it"
    description = " ".join(f"{text}." for text in (feature.help, unit, unused) if text)
    return {"title": feature.label} | ({"description": description} if description else {})


def _values(feature: Feature) -> Schema:
    if isinstance(feature, Category):
        return {"type": ["string", "number"]} if feature.other else _choices(feature)
    if isinstance(feature, YesNo):
        return {"anyOf": [{"type": "boolean"}, {"type": "integer", "enum": [0, 1]}]}
    if isinstance(feature, Date):
        return {"type": "string", "format": "date", "examples": ["2026-11-29"]}
    if isinstance(feature, Text):
        return TEXT
    least, most = feature.bounds
    return {"type": "integer" if feature.is_whole else "number", "minimum": least, "maximum": most}


def _choices(feature: Category) -> Schema:
    """Return the schema of a choice, which may be given as a number if it is written as one."""
    numbers = [choice for choice in feature.codes if not isinstance(choice, str)]
    return {"enum": [*feature.choices, *numbers]} if numbers else one_of(feature.choices)
