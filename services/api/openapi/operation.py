"""What the document says of one method of one path."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apispec.utils import build_reference

from services.api.models.json_schema import Schema

Json = dict[str, Any]
PROBLEM, PROTOCOL = "Problem", "ProtocolError"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A request that can be made, and by status what it may be answered.

    `failures` are the statuses of the errors of its own, told as a PROBLEM or as the PROTOCOL has it. `part` is what it
    belongs to in the setting API_OPEN, None where a key is always asked for; `partly` where not all its requests do.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    answers: Mapping[int, Json]
    failures: Sequence[int] = ()
    description: str = ""
    parameters: Sequence[Json] = ()
    body: Json | None = None
    part: str | None = None
    partly: bool = False
    told_as: str = PROBLEM


def content(kind: str, schema: Schema, **more: Any) -> Json:
    """The content of an answer or a body of one media type."""
    return {kind: {"schema": schema, **more}}


def answer(description: str, *contents: Json, headers: Mapping[str, Schema] | None = None) -> Json:
    """An answer in one of several media types, or without content; `headers` are those that it always has."""
    told: Json = {"description": description}
    if contents:
        told["content"] = {kind: each for one in contents for kind, each in one.items()}
    if headers:
        told["headers"] = {name: {"required": True, "schema": schema} for name, schema in headers.items()}
    return told


def query(name: str, description: str, schema: Schema) -> Json:
    """A parameter of the query, which may be left out."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


def header(name: str, description: str, schema: Schema) -> Json:
    """A header of the request, which may be left out."""
    return {"name": name, "in": "header", "description": description, "schema": schema}


def part_of_path(name: str, description: str, schema: Schema) -> Json:
    """A parameter in the path."""
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def one_of(texts: Iterable[str]) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(texts)}


def reference(schema: str) -> Schema:
    """Stands for the schema of that name among the components."""
    return build_reference("schema", 3, schema)
