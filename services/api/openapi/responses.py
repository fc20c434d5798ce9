"""The JSON Schemas of a model's predictions, which the bodies of responses hold."""

from collections.abc import Mapping, Sequence

from petalstream.json_schema import COUNT, TEXT, Schema, array_of
from petalstream.model import bundle
from petalstream.model.manifest import Manifest
from services.api.openapi.rows import one_of

PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
VERSION: Schema = {"type": "string", "pattern": f"^{bundle.VERSION.pattern}$"}
_ERRORS: Schema = {**array_of({"$ref": "#/components/schemas/Fault"}), "minItems": 1}


def prediction(manifest: Manifest) -> Schema:
    """Return the schema of the prediction for one row."""
    label = one_of(manifest.labels)
    properties = {
        "model": {"const": manifest.model},
        "version": VERSION,
        "label": label,
        "probabilities": _probabilities(manifest, PROBABILITY),
        "warnings": {**array_of(TEXT), "description": "Values outside the range of the training data, or new choices."},
    }
    if manifest.voters:
        properties["votes"] = _object(dict.fromkeys(manifest.voters, label))
    if manifest.threshold:
        properties["threshold"] = _threshold(manifest)
    if unused := [feature.name for feature in manifest.features if not feature.used]:
        said = "Features of the row that the model does not use."
        properties["unused"] = {**array_of(one_of(unused)), "minItems": 1, "description": said}
    return _object(properties, optional=["unused"])


def prediction_columns(manifest: Manifest) -> Schema:
    """Return the schema of the predictions for several rows as one object of columns."""
    label = array_of({"enum": [*manifest.labels, None]})
    said = "One value per row, null if the row has errors; the same holds for the other columns."
    properties = {
        "model": {"const": manifest.model},
        "version": VERSION,
        "rows": {**COUNT, "minimum": 1},
        "label": {**label, "description": said},
        "probabilities": _probabilities(manifest, array_of({"anyOf": [PROBABILITY, {"type": "null"}]})),
        "warnings": _by_row(array_of(TEXT)),
        "errors": _by_row(_ERRORS),
    }
    if manifest.voters:
        properties["votes"] = _object(dict.fromkeys(manifest.voters, label))
    if manifest.threshold:
        properties["threshold"] = _threshold(manifest)
    properties["unused"] = _by_row(array_of(one_of(feature.name for feature in manifest.features)))
    return _object(properties, optional=["unused"])


def _probabilities(manifest: Manifest, of_label: Schema) -> Schema:
    said = manifest.probability or "The model gives none."
    return {**_object(dict.fromkeys(manifest.scored_labels, of_label)), "description": said}


def _threshold(manifest: Manifest) -> Schema:
    said = "The probability from which on this label is predicted, instead of the likelier one."
    return {**_object({label: {"const": least} for label, least in manifest.threshold.items()}), "description": said}


def _by_row(of_row: Schema) -> Schema:
    """Return the schema of an object that has values for some rows, by the row's number."""
    number = {"type": "string", "pattern": "^[0-9]+$"}
    return {"type": "object", "propertyNames": number, "additionalProperties": of_row}


def _object(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }
