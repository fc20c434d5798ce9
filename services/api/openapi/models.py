"""What can be read of the models."""

from collections.abc import Mapping

from petalstream.bundle import Manifest
from services.api.models import manifest_schema, reports
from services.api.models.json_schema import NUMBER, TEXT, Schema, array_of, object_with
from services.api.models.loading import ServedModel
from services.api.openapi import answers
from services.api.openapi.operation import Operation, answer, content, one_of, part_of_path, query, reference

_SOUND = manifest_schema.SCHEMA["properties"]
_SUMMARY = {
    **dict.fromkeys(("model", "title", "predicts", "trained_at"), TEXT),
    "version": answers.VERSION,
    "labels": array_of(TEXT),
    "test_accuracy": NUMBER,
    "links": object_with(**dict.fromkeys(("self", "predict", "report"), TEXT)),
}
_DESCRIBED = ("sample", "notes", "features", "target", "probability", "voters", "parameters", "metrics", "training")
_ORIGIN = ("data", "libraries", "fingerprint")
SCHEMAS: Mapping[str, Schema] = {
    "Summary": object_with(**_SUMMARY),
    "Models": object_with(
        models=array_of(reference("Summary")), refused=array_of(object_with(model=TEXT, reason=TEXT))
    ),
    "Description": object_with(
        **_SUMMARY,
        **{name: _SOUND[name] for name in _DESCRIBED + _ORIGIN},
        inputs=array_of(TEXT),
        examples=_SOUND["golden"],
    ),
    "Report": reports.SCHEMA,
}
FORMAT = query("format", "Asks for JSON where no Accept header can, as in a link.", one_of(["json"]))


def listing(path: str, name: str, summary: str) -> Operation:
    """All models, at one of the two paths where they are listed."""
    return Operation(
        method="get",
        path=path,
        name=name,
        tag="models",
        summary=summary,
        parameters=(FORMAT,),
        answers={
            200: answer(
                "What is served, and what is not and why.",
                content("application/json", reference("Models")),
                answers.PAGE,
            )
        },
        part="pages",
    )


def of_model(served: ServedModel) -> list[Operation]:
    """What can be read below /models/<name>."""
    manifest = served.manifest
    return [_description(manifest), _report(manifest.model), _drawing(manifest.model, list(served.report.drawings))]


def _description(manifest: Manifest) -> Operation:
    last = max(len(manifest.golden) - 1, 0)
    example = query("example", "Which example fills the form.", {"type": "integer", "minimum": 0, "maximum": last})
    told = content("application/json", reference("Description"))
    return Operation(
        method="get",
        path=f"/models/{manifest.model}",
        name=f"describe_{manifest.model}",
        tag=manifest.model,
        summary="Describe the model, or show its form",
        parameters=(FORMAT, example),
        answers={200: answer("What it takes, what it answers, what it is worth.", told, answers.PAGE)},
        failures=(404,),
        part="pages",
    )


def _report(model: str) -> Operation:
    told = content("application/json", reference("Report"))
    return Operation(
        method="get",
        path=f"/models/{model}/report",
        name=f"report_{model}",
        tag=model,
        summary="Report on the model's training",
        parameters=(FORMAT,),
        answers={200: answer("The figures and tables of its training.", told, answers.PAGE)},
        failures=(404,),
        part="pages",
    )


def _drawing(model: str, files: list[str]) -> Operation:
    return Operation(
        method="get",
        path=f"/models/{model}/report/{{file}}",
        name=f"drawing_{model}",
        tag=model,
        summary="Draw a figure of the report",
        parameters=(part_of_path("file", "The name that the report gives.", one_of(files) if files else TEXT),),
        answers={
            200: answer("The drawing.", content("image/svg+xml", TEXT), headers={"ETag": TEXT}),
            304: answer("It is still the one of the ETag that the request names.", headers={"ETag": TEXT}),
        },
        failures=(404,),
        part="pages",
    )
