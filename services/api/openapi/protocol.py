"""What can be asked in the Open Inference Protocol."""

from collections.abc import Iterator, Sequence

from petalstream.messages import MODEL_NAME
from services.api.models.json_schema import Schema
from services.api.models.loading import ServedModel
from services.api.openapi import answers, examples, predict, tensors
from services.api.openapi.operation import PROTOCOL, Json, Operation, answer, content, part_of_path, reference

TAG = "protocol"
_BODY = (400, 413, 415)
_ANYTHING: Schema = {"type": "object"}


def schemas(served: ServedModel) -> dict[str, Schema]:
    """The schemas that the operations of one model refer to."""
    manifest = served.manifest
    return {
        f"{manifest.model}.inference_request": tensors.request(manifest),
        f"{manifest.model}.inference_response": tensors.response(manifest),
    }


def of_server(served: Sequence[ServedModel]) -> list[Operation]:
    """What can be asked of the server, and of the repository of models."""
    named: Schema = {"type": "string", "pattern": f"^{MODEL_NAME.pattern}$"}
    if served:
        named["examples"] = [one.manifest.model for one in served]
    name = part_of_path("name", "A model on the volume.", named)
    ready: Schema = {"type": "object", "properties": {"ready": {"type": "boolean"}}}
    given: Schema = {"type": "object", "properties": {"parameters": _ANYTHING}}
    return [
        _get("/v2", "server", "What this server is", "Server"),
        _get("/v2/", "server_too", "What this server is", "Server"),
        _get("/v2/health/live", "live", "Whether the process lives", "Live", part="health"),
        _get("/v2/health/ready", "server_ready", "Whether a model serves", "Ready", (503,), part="health"),
        _change("index", "index", "List every version of every model", ready, reference("RepositoryIndex")),
        _change("models/{name}/load", "load", "Serve the current version of a model", given, _ANYTHING, name),
        _change("models/{name}/unload", "unload", "Serve a model no longer", given, _ANYTHING, name),
    ]


def of_model(served: ServedModel) -> Iterator[Operation]:
    """What can be asked of a model, and of each of its versions."""
    model, current = served.manifest.model, served.manifest.version
    version = part_of_path("version", "One of the versions.", {**answers.VERSION, "examples": [current]})
    for path, suffix, parameters in (
        (f"/v2/models/{model}", "", []),
        (f"/v2/models/{model}/versions/{{version}}", "_version", [version]),
    ):
        yield _get(path, f"metadata_{model}{suffix}", "Describe its tensors", "Metadata", (404, 503), parameters)
        yield _get(f"{path}/ready", f"ready_{model}{suffix}", "Whether it serves", "ModelReady", (404, 503), parameters)
        yield _infer(served, path, f"infer_{model}{suffix}", parameters)


def _infer(served: ServedModel, path: str, name: str, parameters: Sequence[Json]) -> Operation:
    asked = content(
        "application/json",
        reference(f"{served.manifest.model}.inference_request"),
        examples=examples.inference_requests(served.manifest),
    )
    told = content(
        "application/json",
        reference(f"{served.manifest.model}.inference_response"),
        examples=examples.inference_responses(served),
    )
    return Operation(
        method="post",
        path=f"{path}/infer",
        name=name,
        tag=TAG,
        summary="Predict",
        description="Takes a tensor for each feature, or one of them all; their data may be flat or nested.",
        parameters=[*parameters, predict.TIMEOUT],
        body={"required": True, "content": asked},
        answers={200: answer("The tensors that were asked for.", told)},
        failures=(*_BODY, 404, 503),
        told_as=PROTOCOL,
    )


def _get(
    path: str,
    name: str,
    summary: str,
    schema: str,
    failures: Sequence[int] = (),
    parameters: Sequence[Json] = (),
    part: str | None = None,
) -> Operation:
    return Operation(
        method="get",
        path=path,
        name=name,
        tag=TAG,
        summary=summary,
        parameters=parameters,
        answers={200: answer("As the protocol has it.", content("application/json", reference(schema)))},
        failures=failures,
        part=part,
        told_as=PROTOCOL,
    )


def _change(path: str, name: str, summary: str, body: Schema, told: Schema, *parameters: Json) -> Operation:
    return Operation(
        method="post",
        path=f"/v2/repository/{path}",
        name=name,
        tag=TAG,
        summary=summary,
        parameters=parameters,
        body={"content": content("application/json", body)},
        answers={200: answer("As the protocol has it.", content("application/json", told))},
        failures=(*_BODY, 403, *((404, 503) if parameters else ())),
        told_as=PROTOCOL,
    )
