"""The JSON Schemas of a model's predictions, which the bodies of responses hold."""

from petalstream.json_schema import COUNT, TEXT, Schema, array_of, object_of, one_of
from petalstream.model import bundle
from petalstream.model.manifest import Manifest
from services.api.targets import target_of

VERSION: Schema = {"type": "string", "pattern": f"^{bundle.VERSION.pattern}$"}
_ERRORS: Schema = {**array_of({"$ref": "#/components/schemas/Fault"}), "minItems": 1}


def prediction(manifest: Manifest) -> Schema:
    """Return the schema of the prediction for one row."""
    properties = {
        "model": {"const": manifest.model},
        "version": VERSION,
        **target_of(manifest).row_schema(),
        "warnings": {**array_of(TEXT), "description": "Values outside the range of the training data, or new choices."},
    }
    if unused := [feature.name for feature in manifest.features if not feature.used]:
        said = "Features of the row that the model does not use."
        properties["unused"] = {**array_of(one_of(unused)), "minItems": 1, "description": said}
    return object_of(properties, optional=["unused"])


def prediction_columns(manifest: Manifest) -> Schema:
    """Return the schema of the predictions for several rows as one object of columns."""
    properties = {
        "model": {"const": manifest.model},
        "version": VERSION,
        "rows": {**COUNT, "minimum": 1},
        **target_of(manifest).columns_schema(),
        "warnings": _by_row(array_of(TEXT)),
        "errors": _by_row(_ERRORS),
        "unused": _by_row(array_of(one_of(feature.name for feature in manifest.features))),
    }
    return object_of(properties, optional=["unused"])


def _by_row(of_row: Schema) -> Schema:
    """Return the schema of an object that has values for some rows, by the row's number."""
    number = {"type": "string", "pattern": "^[0-9]+$"}
    return {"type": "object", "propertyNames": number, "additionalProperties": of_row}
