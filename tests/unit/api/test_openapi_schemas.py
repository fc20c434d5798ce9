"""The schemas of the OpenAPI document: what fits them is answered, what does not is refused, and so are answers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from petalstream.cloudevents import BATCH, EVENT
from services.api.wire.media_types import CSV, FORM, JSON, NDJSON
from tests.unit.api.roses import FEATURES, rose
from tests.unit.api.sparse import GOLDEN, sparse

__all__ = ["rose", "sparse"]

Json = dict[str, Any]
MODELS = [("both", "iris"), ("both", "heart_failure"), ("rose", "rose")]
LARGE = 3.5e38
WRONG: tuple[Any, ...] = (None, "long", [], {}, "", LARGE, -LARGE, 10**400, 2, -1e-9)


@pytest.fixture
def client(which: str, request: pytest.FixtureRequest) -> FlaskClient:
    """A client of the api that serves the model."""
    found: FlaskClient = request.getfixturevalue(which)
    return found


def fits(document: Json, schema: Json, value: object) -> bool:
    return Draft202012Validator({**schema, "components": document["components"]}).is_valid(value)


def rows_of(document: Json, model: str) -> list[Json]:
    found: list[Json] = document["components"]["schemas"][f"{model}.row"]["examples"]
    return found


def faulty(row: Json, schema: Json) -> Iterator[Json]:
    """The row with one fault, in every way that there is."""
    for name in schema["required"]:
        yield {key: value for key, value in row.items() if key != name}
    yield row | {"something_else": 1}
    for name, of_feature in schema["properties"].items():
        for value in WRONG:
            if not Draft202012Validator(of_feature).is_valid(value):
                yield row | {name: value}


def alike(found: Any, expected: Any) -> bool:
    """Whether two answers differ in the last digits of numbers alone: a row by itself is added up another way."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(alike(found[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(alike, found, expected))
    return bool(found == (pytest.approx(expected) if isinstance(expected, float) else expected))


@pytest.mark.parametrize(("which", "model"), MODELS)
def test_a_row_fits_its_schema_if_and_only_if_it_is_predicted(client: FlaskClient, model: str) -> None:
    document = client.get("/openapi.json").get_json()
    schema, path = document["components"]["schemas"][f"{model}.row"], f"/models/{model}/predict"
    rows = rows_of(document, model)
    assert len(rows) >= 1
    for row in rows:
        assert fits(document, schema, row)
        assert client.post(path, json=row).status_code == 200
    bad = list(faulty(rows[0], schema))
    assert len(bad) > 8 * len(schema["required"])
    for row in bad:
        assert not fits(document, schema, row)
    told = client.post(f"{path}?on_error=report", json=bad).get_json()
    assert [row for row, answer in zip(bad, told, strict=True) if "errors" not in answer] == []


def test_every_kind_of_feature_has_its_bounds_and_choices(rose: FlaskClient) -> None:
    document = rose.get("/openapi.json").get_json()
    row, schema = rows_of(document, "rose")[0], document["components"]["schemas"]["rose.row"]
    for name, good, bad in (
        ("soil type", FEATURES[0].choices, ("loam", "Clay", 0, True)),
        ("height", (-5, 300, 1.5), (-5.01, 300.01, "1.5", True)),
        ("thorns", (0, 99, 3.0, -(10**9)), (0.5, 100, "3", False)),
        ("wild", (True, False, 1, 0, 1.0), ("yes", 2, -1, 0.5)),
        ("bed", ("north", "south", None), ("",)),
    ):
        for value, is_good in [(each, True) for each in good] + [(each, False) for each in bad]:
            status = rose.post("/models/rose/predict", json=row | {name: value}).status_code
            assert fits(document, schema, row | {name: value}) == (status == 200) == is_good, (name, value)


def address(path: str, operation: Json) -> str:
    """The path with the examples of its parameters put in."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["schema"]["examples"][0])
    return path


def requests_of(document: Json) -> Iterator[tuple[str, str, object]]:
    """Path, media type and value of every example of a request."""
    for path, item in document["paths"].items():
        for operation in item.values():
            for kind, content in operation.get("requestBody", {"content": {}})["content"].items():
                for example in content.get("examples", {}).values():
                    yield path, kind, example["value"]


@pytest.mark.parametrize("which", ["both", "rose", "sparse"])
@pytest.mark.parametrize("query", ["", "?on_error=report"])
def test_every_example_is_answered_as_documented(client: FlaskClient, query: str) -> None:
    document = client.get("/openapi.json").get_json()
    asked = list(requests_of(document))
    assert {kind for _, kind, _ in asked} == {JSON, CSV, NDJSON, FORM, EVENT, BATCH}
    for path, kind, value in asked:
        operation = document["paths"][path]["post"]
        assert fits(document, operation["requestBody"]["content"][kind]["schema"], value)
        sent = value if kind in (CSV, NDJSON, FORM) else json.dumps(value)
        answer = client.post(address(path, operation) + query, data=sent, content_type=kind)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert fits(document, operation["responses"]["200"]["content"]["application/json"]["schema"], answer.get_json())


@pytest.mark.parametrize("which", ["both", "rose", "sparse"])
def test_every_example_of_an_answer_is_one(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    for path, item in document["paths"].items():
        if "post" not in item:
            continue
        asked = item["post"]["requestBody"]["content"].get("application/json", {}).get("examples", {})
        for content in item["post"]["responses"].get("200", {}).get("content", {}).values():
            for name, example in content.get("examples", {}).items():
                answer = client.post(address(path, item["post"]), json=asked[name]["value"])
                assert alike(answer.get_json(), example["value"])
                assert fits(document, content["schema"], example["value"])


def test_examples_in_columns_have_null_where_a_row_has_no_value(sparse: FlaskClient) -> None:
    asked = [value for _, _, value in requests_of(sparse.get("/openapi.json").get_json()) if isinstance(value, dict)]
    columns = {name: [row.get(name) for row in GOLDEN] for name in ("count", "colour", "sown", "note", "tested")}
    assert columns in asked
    inferences = [value["inputs"] for value in asked if "inputs" in value]
    assert inferences
    for tensors in inferences:
        assert {tensor["name"]: tensor["data"] for tensor in tensors} == columns


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "/models/iris/predict", {}, 400),
        ("post", "/models/iris/predict", [], 400),
        ("post", "/predict?on_error=maybe", {}, 400),
        ("post", "/predict", None, 415),
        ("get", "/models/iris", None, 200),
        ("get", "/models/heart_failure", None, 200),
        ("get", "/models/iris/report", None, 200),
        ("get", "/models/iris/card", None, 200),
        ("get", "/models", None, 200),
        ("get", "/", None, 200),
        ("get", "/health", None, 200),
        ("get", "/ready", None, 200),
        ("get", "/models/iris/predict", None, 405),
    ],
)
def test_what_is_answered_fits_what_is_said_of_it(
    both: FlaskClient, method: str, path: str, body: object, status: int
) -> None:
    document = both.get("/openapi.json").get_json()
    answer = both.open(path, method=method, json=body) if body is not None else both.open(path, method=method)
    assert answer.status_code == status
    said = document["paths"][path.partition("?")[0]][method]["responses"][str(status)]
    if "$ref" in said:
        said = document["components"]["responses"][said["$ref"].rpartition("/")[2]]
    assert fits(document, said["content"][answer.mimetype]["schema"], answer.get_json())
    for name in set(said.get("headers", {})):
        assert name in answer.headers
