"""What the document cannot say in JSON Schema, told to schemathesis, which imports this."""

import csv
import io
import random

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure

from services.api.negotiation import CSV


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Make a table of a CSV that should be good, and have good columns be of one length."""
    if not case.meta or not case.meta.generation.mode.is_positive:
        return case
    if case.media_type == CSV:
        case.body = table(case.operation, random.Random(repr(case.body)))
    elif isinstance(case.body, dict) and case.body and all(isinstance(values, list) for values in case.body.values()):
        shortest = min(map(len, case.body.values()))
        case.body = {name: values[:shortest] for name, values in case.body.items()}
    return case


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Failure, case: schemathesis.Case, response: schemathesis.Response
) -> bool:
    """With on_error=report bad rows are no reason to refuse a request: the answer tells their errors."""
    reported = (case.query or {}).get("on_error") == "report" and "errors" in response.text
    return not (isinstance(failure, AcceptedNegativeData) and reported)


def table(operation: schemathesis.APIOperation, chance: random.Random) -> str:
    """Rows that the model of the operation takes, with columns in any order, and some without what it does not use."""
    document = operation.schema.raw_schema
    in_json = document["paths"][operation.path]["post"]["requestBody"]["content"]["application/json"]
    row = document["components"]["schemas"][in_json["schema"]["anyOf"][0]["$ref"].rpartition("/")[2]]
    names = [name for name in row["properties"] if name in row["required"] or chance.random() < 0.5]
    chance.shuffle(names)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(chance.choices(row["examples"], k=chance.randint(1, 20)))
    return text.getvalue()
