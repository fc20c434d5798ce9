"""Generates the OpenAPI document: operations.yaml, completed for the served models and for this deployment."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from petalstream.json_schema import TEXT
from services.api.models.loading import ServedModel
from services.api.openapi import placeholders
from services.api.openapi.placeholders import Deployment, Json
from services.api.telemetry.probe_paths import UNLIMITED

OPERATIONS = Path(__file__).with_name("operations.yaml")
# libyaml, where PyYAML is built with it, takes 15 ms instead of 100 ms.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def generate(served: Sequence[ServedModel], deployment: Deployment) -> Json:
    """Return the OpenAPI document of an api that serves these models."""
    document: Json = yaml.load(OPERATIONS.read_bytes(), _LOADER)  # noqa: S506 (both loaders are safe)
    components, open_parts = document["components"], deployment.open_parts
    models = [placeholders.of_model(one) for one in served]
    default = next((values for values in models if values["model"] == deployment.default_model), None)
    if default is None:
        _leave_open(document["paths"]["/predict"]["post"])
    shared = placeholders.shared(served, deployment) | (default or {})
    document["tags"] = [values["tag"] for values in models] + document["tags"]
    document["paths"] = _expand(document["paths"], models, shared)
    components["schemas"] = _expand(components["schemas"], models, shared)
    schemes = list(components["securitySchemes"])
    if open_parts is None:
        del components["securitySchemes"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            item[method] = _complete(path, operation, schemes, open_parts)
    for name, response in components["responses"].items():
        if not name.startswith("Unread"):
            components["responses"][name] = _with_request_id(response)
    return document


def _leave_open(predict: Json) -> None:
    """Remove from POST /predict what only the default model can say, since that is not served."""
    predict["requestBody"]["content"] = {"application/json": {"schema": {}}, "text/csv": {"schema": TEXT}}
    del predict["responses"]["200"]


def _expand(section: Json, models: Sequence[Json], shared: Json) -> Json:
    """Fill in what has `$model` in its key once for each model, then everything else with the `shared` values."""
    of_model = {key: value for key, value in section.items() if "$model" in key}
    others = {key: value for key, value in section.items() if "$model" not in key}
    expanded: Json = {}
    for values in models:
        expanded |= _fill(of_model, shared | values)
    expanded |= _fill(others, shared)
    return expanded


def _fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a copy with `values[name]` in place of each text `$name`, and the model's name in place of `$model`."""
    if isinstance(template, dict):
        return {key.replace("$model", values.get("model", "")): _fill(each, values) for key, each in template.items()}
    if isinstance(template, list):
        return [_fill(each, values) for each in template]
    if not isinstance(template, str):
        return template
    return values[template[1:]] if template[:1] == "$" else template.replace("$model", values.get("model", ""))


def _complete(path: str, template: Json, schemes: Sequence[str], open_parts: Sequence[str] | None) -> Json:
    """Return the operation with the responses to errors and, where it needs an API key, its security requirements."""
    operation: Json = {"parameters": [], **template}
    errors = {HTTPStatus.BAD_REQUEST, *operation.pop("x-errors", ())}
    part, partly_open = operation.pop("x-open", None), operation.pop("x-partly-open", None)
    if open_parts is not None and part not in open_parts:
        errors.add(HTTPStatus.UNAUTHORIZED)
        operation["security"] = [{name: []} for name in schemes] + ([{}] if partly_open in open_parts else [])
    if path not in UNLIMITED:
        errors.add(HTTPStatus.SERVICE_UNAVAILABLE)
    name = "ProtocolError" if path.startswith("/v2") else "Problem"
    responses = {status: _with_request_id(response) for status, response in operation["responses"].items()}
    references = {f"{status:d}": {"$ref": f"#/components/responses/{name}{status:d}"} for status in sorted(errors)}
    unread = {status: {"$ref": f"#/components/responses/Unread{status}"} for status in ("414", "431")}
    return operation | {"responses": responses | references | unread}


def _with_request_id(response: Json) -> Json:
    """Return the response with the header that every response has."""
    request_id = {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}
    return response | {"headers": request_id | response.get("headers", {})}
