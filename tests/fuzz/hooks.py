"""What of a good request JSON Schema cannot say, told to schemathesis, which imports this."""

import base64
import csv
import io
import json
import random
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure

from petalstream.cloudevents import BASE64, BATCH, DATA, EVENT
from services.api.wire.binary_tensors import HEADER, OCTETS, SIZE
from services.api.wire.media_types import CSV, NDJSON
from services.api.wire.rows import is_table

Json = dict[str, Any]
Case = schemathesis.Case[Any]
schemathesis.serializer.alias(NDJSON, "text/plain")
SHAPES: list[tuple[list[int], bool]] = [([], False), ([1], False), ([1], True)]


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: Json) -> None:
    """Make what should be good agree with itself: CSV, NDJSON, base64, columns of one length, tensors of one batch."""
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    chance = random.Random(repr(case.body))
    document, path, body = case.operation.schema.raw_schema, case.operation.path, cast(Any, case.body)
    if case.media_type == CSV and "examples" in in_json(document, path):
        case.body = table(document, path, chance)
    elif case.media_type == NDJSON and "examples" in in_json(document, path):
        case.body = lines(document, path, chance)
    elif case.media_type == OCTETS:
        case.body, case.headers[HEADER] = with_bytes(document, path, chance)
    elif case.media_type in (EVENT, BATCH):
        for event in body if case.media_type == BATCH else [body]:
            encode(document, path, chance, event)
    elif isinstance(body, dict) and "inputs" in body and path.endswith("/infer"):
        if case.headers:
            case.headers.pop(HEADER, None)
        case.body = inference(document, path, chance, body)
    elif is_table(body):
        case.body = alike_long(body)
    elif isinstance(body, dict) and is_table(body.get("inputs")):
        case.body = {"inputs": alike_long(body["inputs"])}


def alike_long(columns: Json) -> Json:
    """Columns cut to the length of the shortest; a split data frame is left alone."""
    shortest = min(map(len, columns.values()))
    return columns if "data" in columns else {name: values[:shortest] for name, values in columns.items()}


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Failure, case: Case, response: schemathesis.Response
) -> bool:
    """With on_error=report bad rows are no reason to refuse a request: the answer tells their errors."""
    reported = (case.query or {}).get("on_error") == "report" and "errors" in response.text
    return not (isinstance(failure, AcceptedNegativeData) and reported)


def table(document: Json, path: str, chance: random.Random) -> str:
    """Rows that the model takes, with columns in any order, and maybe without one that it does not use."""
    row = row_of(document, path)
    names = [name for name in row["properties"] if name in row["required"] or chance.random() < 0.5]
    chance.shuffle(names)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(chance.choices(row["examples"], k=chance.randint(1, 20)))
    return text.getvalue()


def lines(document: Json, path: str, chance: random.Random) -> str:
    """Rows that the model takes, each in a line."""
    rows = chance.choices(row_of(document, path)["examples"], k=chance.randint(1, 20))
    return "".join(json.dumps(row) + chance.choice(("\n", "\r\n", "\n\n")) for row in rows)


def with_bytes(document: Json, path: str, chance: random.Random) -> tuple[bytes, str]:
    """An inference request with some of its numbers as bytes, and the length of its JSON."""
    content, blobs = inference(document, path, chance, {}), b""
    for tensor in content["inputs"]:
        if tensor["datatype"] == "FP64" and chance.random() < 0.5:
            blob = np.array(tensor.pop("data"), "<f8").tobytes()
            tensor["parameters"] = {SIZE: len(blob)}
            blobs += blob
    text = json.dumps(content).encode()
    return text + blobs, str(len(text))


def encode(document: Json, path: str, chance: random.Random, event: Json) -> None:
    """Give an event a row in base64, where it has a text there, which may be any."""
    if BASE64 in event and DATA not in event:
        event[BASE64] = base64.b64encode(
            json.dumps(chance.choice(row_of(document, path)["examples"])).encode()
        ).decode()


def row_of(document: Json, path: str) -> Json:
    """The schema of a row of the model at `path`."""
    name = in_json(document, path)["schema"]["anyOf"][0]["$ref"].rpartition("/")[2]
    found: Json = document["components"]["schemas"][name]
    return found


def inference(document: Json, path: str, chance: random.Random, body: Mapping[str, Any]) -> Json:
    """The request with other inputs: rows that the model takes, flat or nested; and with each output asked for once."""
    inputs = in_json(document, path)["examples"]["rows"]["value"]["inputs"]
    rows = chance.choices(range(inputs[0]["shape"][0]), k=chance.randint(1, 20))
    columns = []
    for column in inputs:
        values, (shape, nested) = [column["data"][row] for row in rows], chance.choice(SHAPES)
        data = [[value] for value in values] if nested else values
        columns.append(column | {"shape": [len(rows), *shape], "data": data})
    chance.shuffle(columns)
    once = {output["name"]: output for output in body.get("outputs") or []}
    return {**body, "inputs": columns} | ({"outputs": list(once.values())} if once else {})


def in_json(document: Json, path: str) -> Json:
    """What the document says of the body of a POST in JSON."""
    found: Json = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return found
