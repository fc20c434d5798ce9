"""The JSON Schemas of what a model takes: a row, a list of rows, or columns."""

from collections.abc import Callable, Sequence

from petalstream.schema import FLOAT32_MAX, Feature, Kind
from services.api.models.json_schema import Schema
from services.api.openapi.operation import Json, one_of

# In a form everything is text.
TYPED_YES_NO = one_of(("yes", "no", "true", "false", "1", "0"))


def value(feature: Feature) -> Schema:
    """What the feature may be in JSON; one that the model does not use may be null."""
    schema = _named(feature) | _values(feature)
    return schema if feature.used else _or_null(schema)


def typed(feature: Feature) -> Schema:
    """What the feature may be as a field of a form; of a number its digits."""
    return _named(feature) | (TYPED_YES_NO if feature.kind is Kind.YES_NO else _values(feature))


def row(features: Sequence[Feature], each: Callable[[Feature], Schema], examples: Sequence[Json] = ()) -> Schema:
    """An object of named features, each as `each` has it, and of nothing else; the first example is shown of each."""
    shown = {name: {"examples": [found]} for example in examples[:1] for name, found in example.items()}
    schema: Schema = {
        "type": "object",
        "properties": {feature.name: each(feature) | shown.get(feature.name, {}) for feature in features},
        "required": [feature.name for feature in features if feature.used],
        "additionalProperties": False,
    }
    return schema | ({"examples": list(examples)} if examples else {})


def column(feature: Feature) -> Schema:
    """The values of the feature in several rows."""
    return {"type": "array", "items": value(feature), "minItems": 1}


def _or_null(schema: Schema) -> Schema:
    types = schema["type"]
    nullable = schema | {"type": [*([types] if isinstance(types, str) else types), "null"]}
    return nullable | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def _named(feature: Feature) -> Schema:
    unit = f"Unit: {feature.unit}" if feature.unit else ""
    unused = "" if feature.used else "The model does not use it"
    description = " ".join(f"{text}." for text in (feature.help, unit, unused) if text)
    return {"title": feature.label} | ({"description": description} if description else {})


def _values(feature: Feature) -> Schema:
    if feature.kind is Kind.CATEGORY:
        return one_of(feature.choices)
    if feature.kind is Kind.YES_NO:
        return {"type": ["boolean", "integer"], "enum": [True, False, 1, 0]}
    least = -FLOAT32_MAX if feature.minimum is None else max(feature.minimum, -FLOAT32_MAX)
    most = FLOAT32_MAX if feature.maximum is None else min(feature.maximum, FLOAT32_MAX)
    return {"type": "integer" if feature.kind is Kind.INTEGER else "number", "minimum": least, "maximum": most}
