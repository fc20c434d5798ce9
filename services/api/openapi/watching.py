"""What others watch the api by."""

from services.api.models.json_schema import TEXT, Schema, mapping_of, object_with
from services.api.openapi.operation import Operation, answer, content

_READY: Schema = object_with(status={"const": "ready"}, models=mapping_of(TEXT))


def operations() -> list[Operation]:
    """Health, readiness and metrics."""
    return [
        Operation(
            method="get",
            path="/health",
            name="health",
            tag="watching",
            summary="Whether the process lives",
            answers={200: answer("It does.", content("application/json", object_with(status={"const": "alive"})))},
            part="health",
        ),
        Operation(
            method="get",
            path="/ready",
            name="ready",
            tag="watching",
            summary="Whether a model serves",
            answers={200: answer("The served models and their versions.", content("application/json", _READY))},
            failures=(503,),
            part="health",
        ),
        Operation(
            method="get",
            path="/metrics",
            name="metrics",
            tag="watching",
            summary="What all workers have counted, for Prometheus",
            answers={
                200: answer(
                    "As text, or in OpenMetrics for who accepts that.",
                    content("text/plain", TEXT),
                    content("application/openmetrics-text", TEXT),
                )
            },
            part="metrics",
        ),
    ]
