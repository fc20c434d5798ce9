"""What a browser asks for beside the models, and this document itself."""

from collections.abc import Sequence

from services.api.models.json_schema import TEXT
from services.api.openapi import answers
from services.api.openapi.operation import Operation, answer, content, one_of, part_of_path

_TAG = {"ETag": TEXT}
# The type of a script is what the system has for it.
_KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")


def operations(static: Sequence[str], assets: Sequence[str]) -> list[Operation]:
    """Document, explorer, and the files that pages load: our own, and the `assets` of the explorer."""
    return [
        Operation(
            method="get",
            path="/openapi.json",
            name="openapi",
            tag="pages",
            summary="This document",
            answers={
                200: answer("OpenAPI 3.1.", content("application/json", {"type": "object"}), headers=_TAG),
                304: answer("It is still the one of the ETag that the request names.", headers=_TAG),
            },
            part="pages",
        ),
        Operation(
            method="get",
            path="/docs",
            name="docs",
            tag="pages",
            summary="This document to look at and try out",
            answers={200: answer("A page.", answers.PAGE)},
            part="pages",
        ),
        _files("/docs/{file}", "docs_file", assets),
        _files("/static/{filename}", "static", static),
        Operation(
            method="get",
            path="/favicon.ico",
            name="favicon",
            tag="pages",
            summary="Where the icon is",
            answers={301: answer("Where it is.", answers.PAGE, headers={"Location": TEXT})},
            part="pages",
        ),
    ]


def _files(path: str, name: str, files: Sequence[str]) -> Operation:
    contents = [content(kind, TEXT) for kind in _KINDS]
    parameter = path.partition("{")[2].rstrip("}")
    return Operation(
        method="get",
        path=path,
        name=name,
        tag="pages",
        summary="A file that a page loads",
        parameters=(part_of_path(parameter, "Its name.", one_of(files)),),
        answers={
            200: answer("The file.", *contents, headers=_TAG),
            206: answer("The bytes that the request asks for.", *contents, headers=_TAG | {"Content-Range": TEXT}),
            304: answer("It is still the one of the ETag that the request names.", headers=_TAG),
        },
        failures=(404, 416),
        part="pages",
    )
