"""The two ways to ask a model for predictions: by its name, and as the default model."""

from petalstream import cloudevents
from petalstream.bundle import Manifest
from services.api import deadline
from services.api.models.json_schema import TEXT, Schema, array_of
from services.api.models.loading import ServedModel
from services.api.openapi import answers, events, examples, rows
from services.api.openapi.operation import Json, Operation, answer, content, header, one_of, query, reference
from services.api.pages.text_filters import capital
from services.api.wire.media_types import FORM

FAILURES = (400, 404, 413, 415)
TIMEOUT = header(
    deadline.HEADER,
    "Seconds that the client waits for the response, from when the request arrived. After that the rows are not scored,"
    " or not to the end, and the response is 503. A value that is no positive decimal number is 400.",
    {"type": "string", "pattern": f"^{deadline.PATTERN}$"},
)
WISHES = (
    TIMEOUT,
    query(
        "on_error",
        "Of rows that do not fit the model: fail as a whole, or report each in its place.",
        {**one_of(("fail", "report")), "default": "fail"},
    ),
    query(
        "format",
        "What to answer in, `columns` being one object of columns in JSON; without it the Accept header says so.",
        one_of(("json", "csv", "columns")),
    ),
)
TAKES = (
    "Takes an object of named features, a list of such objects, an object of columns, a table in CSV with a header, a"
    " CloudEvent in structured mode whose data is such an object, or a batch of such events; with"
    " `Content-Encoding: gzip` a compressed one. One object or event is answered with one object, all else with a list."
)
TAKES_FORMS = f"{TAKES} A form, with which a browser sends one row, is answered with a page where it wants one."


def schemas(manifest: Manifest) -> dict[str, Schema]:
    """The schemas that the operations of one model refer to."""
    model, features = manifest.model, manifest.features
    return {
        f"{model}.row": {
            **rows.row(features, rows.value, examples.rows(manifest)),
            "title": capital(manifest.sample),
        },
        f"{model}.rows": {**array_of(reference(f"{model}.row")), "minItems": 1},
        f"{model}.columns": rows.row(features, rows.column),
        f"{model}.event": events.event(reference(f"{model}.row")),
        f"{model}.form": rows.row(features, rows.typed, examples.forms(manifest)),
        f"{model}.prediction": answers.prediction(manifest),
        f"{model}.outcome": {"anyOf": [reference(f"{model}.prediction"), reference("Faults")]},
        f"{model}.scored": answers.columns(manifest),
        f"{model}.outcomes": {**array_of(reference(f"{model}.outcome")), "minItems": 1},
    }


def by_name(served: ServedModel) -> list[Operation]:
    """What can be asked at /models/<name>/predict."""
    manifest = served.manifest
    model, path = manifest.model, f"/models/{manifest.model}/predict"
    form = content(FORM, reference(f"{model}.form"), examples=examples.form(manifest))
    return [
        Operation(
            method="post",
            path=path,
            name=f"predict_{model}",
            tag=model,
            summary="Predict",
            description=TAKES_FORMS,
            parameters=WISHES,
            body={"required": True, "content": _rows(manifest) | form},
            answers={200: _answer(served, answers.PAGE)},
            failures=FAILURES,
            partly=True,
        ),
        Operation(
            method="get",
            path=path,
            name=f"return_{model}",
            tag=model,
            summary="Go back to the form, where a browser opens the address of an answer",
            answers={303: answer("Where the form is.", content("text/html", TEXT), headers={"Location": TEXT})},
            failures=(405,),
            part="pages",
        ),
    ]


def by_default(served: ServedModel | None) -> Operation:
    """What can be asked at /predict; of a default model that is not served, None, nothing is known."""
    anything = content("application/json", {}) | content("text/csv", TEXT)
    return Operation(
        method="post",
        path="/predict",
        name="predict",
        tag="models",
        summary=f"Predict with the default model: {served.manifest.title}"
        if served
        else "Predict with the default model",
        description=TAKES,
        parameters=WISHES,
        body={"required": True, "content": _rows(served.manifest) if served else anything},
        answers={200: _answer(served)} if served else {},
        failures=FAILURES,
    )


def _rows(manifest: Manifest) -> Json:
    forms = [reference(f"{manifest.model}.{form}") for form in ("row", "rows", "columns")]
    event = reference(f"{manifest.model}.event")
    return {
        **content("application/json", {"anyOf": forms}, examples=examples.json(manifest)),
        **content("text/csv", TEXT, examples=examples.table(manifest)),
        **content(cloudevents.EVENT, event, examples=examples.event(manifest)),
        **content(cloudevents.BATCH, {**array_of(event), "minItems": 1}, examples=examples.batch(manifest)),
    }


def _answer(served: ServedModel, *pages: Json) -> Json:
    said = [reference(f"{served.manifest.model}.{each}") for each in ("outcome", "outcomes", "scored")]
    return answer(
        "A prediction, or a list of predictions in the order of the rows, or an object of columns.",
        content("application/json", {"anyOf": said}, examples=examples.answers(served)),
        content("text/csv", TEXT),
        *pages,
    )
