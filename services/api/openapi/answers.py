"""The JSON Schemas of what is answered: predictions, faults and problems."""

from collections.abc import Mapping
from http import HTTPStatus

from petalstream import bundle
from petalstream.bundle import Manifest
from petalstream.reasons import Reason
from services.api.models.json_schema import COUNT, TEXT, Schema, array_of, object_with
from services.api.openapi.operation import PROBLEM, PROTOCOL, Json, answer, content, one_of, reference

PAGE = content("text/html", TEXT)
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
VERSION: Schema = {"type": "string", "pattern": f"^{bundle.VERSION.pattern}$"}
_ERRORS = {**array_of(reference("Fault")), "minItems": 1}
SCHEMAS: Mapping[str, Schema] = {
    "Fault": object_with(
        row={"type": ["integer", "null"], "description": "The row, counted from 0."},
        field={"type": ["string", "null"], "description": "The feature at fault, where it is one."},
        message=TEXT,
        reason={"enum": [*Reason, None], "description": "A word to count by."},
    ),
    "Faults": object_with(errors=_ERRORS),
    PROBLEM: object_with(type={"const": "about:blank"}, title=TEXT, status=COUNT, detail=TEXT, errors=_ERRORS),
    PROTOCOL: object_with(error=TEXT),
}
# What each means, and the headers that it always has.
FAILURES: Mapping[int, tuple[str, Mapping[str, Schema]]] = {
    HTTPStatus.BAD_REQUEST: ("The request cannot be answered as it is; it says what was expected.", {}),
    HTTPStatus.UNAUTHORIZED: ("A valid API key is needed.", {"WWW-Authenticate": TEXT}),
    HTTPStatus.FORBIDDEN: ("It is a page of another site that has the browser ask.", {}),
    HTTPStatus.NOT_FOUND: ("There is no such thing.", {}),
    HTTPStatus.METHOD_NOT_ALLOWED: ("Another method is needed.", {"Allow": TEXT}),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("The body is larger than this server takes.", {}),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("The body is of a type, or encoded in a way, that is not known here.", {}),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: ("There are no such bytes.", {"Content-Range": TEXT}),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The model cannot be served now, too many requests are in flight, or X-Request-Timeout has passed.",
        {"Retry-After": {"type": "integer", "minimum": 1, "description": "Seconds after which to try again."}},
    ),
}


def failures() -> dict[str, Json]:
    """An answer for each failure in each form that errors are told in, named after form and status."""
    forms = {
        PROBLEM: content("application/problem+json", reference(PROBLEM)) | PAGE,
        PROTOCOL: content("application/json", reference(PROTOCOL)),
    }
    return {
        f"{form}{status:d}": answer(says, told, headers=headers)
        for form, told in forms.items()
        for status, (says, headers) in FAILURES.items()
    }


def prediction(manifest: Manifest) -> Schema:
    """What the model says of one row."""
    label = one_of(manifest.labels)
    schema = object_with(
        model={"const": manifest.model},
        version=VERSION,
        label=label,
        probabilities={**_closed(dict.fromkeys(manifest.labels, SHARE)), "description": manifest.probability},
        warnings={**array_of(TEXT), "description": "Values of which the model has not seen the like in training."},
    )
    if manifest.voters:
        schema["properties"]["votes"] = _closed(dict.fromkeys(manifest.voters, label))
        schema["required"].append("votes")
    if unused := [feature.name for feature in manifest.features if not feature.used]:
        said = "Features that were given and are no input of the model."
        schema["properties"]["unused"] = {**array_of(one_of(unused)), "minItems": 1, "description": said}
    return {**schema, "additionalProperties": False}


def columns(manifest: Manifest) -> Schema:
    """What the model says of several rows, in one object."""
    label = array_of({"enum": [*manifest.labels, None]})
    shares = array_of({"anyOf": [SHARE, {"type": "null"}]})
    schema = object_with(
        model={"const": manifest.model},
        version=VERSION,
        rows={**COUNT, "minimum": 1},
        label={**label, "description": "One a row, null where the row has errors, as in the columns that follow."},
        probabilities={**_closed(dict.fromkeys(manifest.labels, shares)), "description": manifest.probability},
        warnings=_by_row(array_of(TEXT)),
        errors=_by_row(_ERRORS),
    )
    if manifest.voters:
        schema["properties"]["votes"] = _closed(dict.fromkeys(manifest.voters, label))
        schema["required"].append("votes")
    schema["properties"]["unused"] = _by_row(array_of(one_of(feature.name for feature in manifest.features)))
    return {**schema, "additionalProperties": False}


def _by_row(each: Schema) -> Schema:
    """An object of what only some rows have, by the row's number."""
    number = {"type": "string", "pattern": "^[0-9]+$"}
    return {"type": "object", "propertyNames": number, "additionalProperties": each}


def _closed(properties: Mapping[str, Schema]) -> Schema:
    """An object with just these names, which may be any texts."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
