"""The document as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from apispec import APISpec

from services.api.models.json_schema import TEXT
from services.api.models.loading import ServedModel
from services.api.openapi import answers, models, pages, predict, protocol, tensors, watching
from services.api.openapi.operation import Json, Operation
from services.api.telemetry.probe_paths import UNLIMITED

TITLE = "Petalstream"
# Of this document; each model has versions of its own.
VERSION = "1"
ABOUT = (
    "Predictions of the models that are served. Each answer names the model and the version that it comes from, and has"
    " an `X-Request-ID`, which is the request's own where it brings one; a `traceparent` comes back too."
)
KEYS: Mapping[str, Json] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "password": {"type": "http", "scheme": "basic", "description": "Any name, with the key as password."},
}
TAGS = {
    "models": "All models, and the default one",
    protocol.TAG: "The Open Inference Protocol, version 2, with the model repository extension",
    "watching": "How the api is",
    "pages": "For people and their browsers",
}


@dataclass(frozen=True)
class Surroundings:
    """What the document depends on beside the models; `open_parts` ask for no key, None where nothing does."""

    default_model: str
    open_parts: Sequence[str] | None
    static: Sequence[str]
    assets: Sequence[str]


def make(served: Sequence[ServedModel], around: Surroundings) -> dict[str, Any]:
    """The document for these models."""
    spec = APISpec(TITLE, VERSION, "3.1.0", info={"description": ABOUT})
    _add_components(spec, served, around)
    for one in served:
        about = f"{one.manifest.title}, version {one.manifest.version}"
        spec.tag({"name": one.manifest.model, "description": about})
    for tag, description in TAGS.items():
        spec.tag({"name": tag, "description": description})
    for operation in _operations(served, around):
        spec.path(operation.path, operations={operation.method: _written(operation, around.open_parts)})
    return spec.to_dict()


def _operations(served: Sequence[ServedModel], around: Surroundings) -> list[Operation]:
    default = next((one for one in served if one.manifest.model == around.default_model), None)
    return [
        *(each for one in served for each in (*predict.by_name(one), *models.of_model(one))),
        models.listing("/models", "models", "List the models"),
        predict.by_default(default),
        *watching.operations(),
        *(each for one in served for each in protocol.of_model(one)),
        *protocol.of_server(served),
        models.listing("/", "start", "List the models, or show the first page"),
        *pages.operations(around.static, around.assets),
    ]


def _add_components(spec: APISpec, served: Sequence[ServedModel], around: Surroundings) -> None:
    schemas = {**answers.SCHEMAS, **models.SCHEMAS, **tensors.SCHEMAS}
    for one in served:
        schemas |= predict.schemas(one.manifest) | protocol.schemas(one)
    for name, schema in schemas.items():
        spec.components.schema(name, schema)
    spec.components.header("RequestId", {"required": True, "schema": TEXT})
    for name, response in answers.failures().items():
        spec.components.response(name, _named(response))
    for name, scheme in KEYS.items() if around.open_parts is not None else ():
        spec.components.security_scheme(name, dict(scheme))


def _written(operation: Operation, open_parts: Sequence[str] | None) -> Json:
    """The operation as the document has it, with what may become of every request."""
    asks = open_parts is not None and operation.part not in open_parts
    failures = {HTTPStatus.BAD_REQUEST, *operation.failures}
    if asks:
        failures.add(HTTPStatus.UNAUTHORIZED)
    if operation.path not in UNLIMITED:
        failures.add(HTTPStatus.SERVICE_UNAVAILABLE)
    written: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": list(operation.parameters),
        "responses": {status: _named(told) for status, told in operation.answers.items()}
        | {status: f"{operation.told_as}{status:d}" for status in sorted(failures)},
    }
    if operation.description:
        written["description"] = operation.description
    if operation.body:
        written["requestBody"] = operation.body
    if asks:
        half_open = operation.partly and "pages" in (open_parts or ())
        written["security"] = [{name: []} for name in KEYS] + ([{}] if half_open else [])
    return written


def _named(response: Json) -> Json:
    """The response with the header that all have."""
    return {**response, "headers": {"X-Request-ID": "RequestId", **response.get("headers", {})}}
