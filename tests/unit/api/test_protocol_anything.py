"""Whatever is posted to infer gives a prediction or a 400 that says why, and never an unforeseen error."""

import json
from typing import Any

from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.wire.datatypes import DATATYPES
from tests.records import FLOWER

odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([10**400, 2**64, -1, ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["name", "data"]), inner),
    max_leaves=6,
)
numbers = st.floats(0, 10) | st.integers(0, 10)
datatypes = st.sampled_from([*DATATYPES, *["FP64"] * 20])


@st.composite
def tensors(draw: st.DrawFn, name: str, rows: int, columns: int) -> Any:
    """A tensor of numbers, flat or nested."""
    row = st.lists(numbers, min_size=columns, max_size=columns)
    data = draw(st.lists(row, min_size=rows, max_size=rows))
    flat = [value for each in data for value in each]
    nested = draw(st.booleans())
    return {
        "name": name,
        "datatype": draw(datatypes),
        "shape": [rows, columns],
        "data": data if nested else flat,
        "parameters": {},
    }


@st.composite
def requests(draw: st.DrawFn) -> Any:
    """A request for flowers, in columns or as a matrix."""
    rows = draw(st.integers(1, 3))
    matrix = tensors(draw(st.text()), rows, 4).map(lambda tensor: [tensor])
    columns = st.tuples(*[tensors(name, rows, 1) for name in draw(st.permutations(list(FLOWER)))]).map(list)
    outputs = st.lists(st.sampled_from(["predict", "predict_proba"]), unique=True)
    return {
        "id": draw(st.text()),
        "inputs": draw(matrix | columns),
        "outputs": [{"name": name} for name in draw(outputs)],
        "parameters": {},
    }


@st.composite
def altered(draw: st.DrawFn) -> Any:
    """A request of which up to two parts, wherever they are, are something else or are not there."""
    request = draw(requests())
    for _ in range(draw(st.integers(0, 2))):
        part = request
        places: list[Any] = sorted(part)
        place = draw(st.sampled_from(places))
        while isinstance(part[place], dict | list) and part[place] and draw(st.integers(0, 3)):
            part = part[place]
            place = draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if draw(st.booleans()):
            part[place] = draw(odd)
        else:
            del part[place]
    return request


@settings(max_examples=500, deadline=None)
@given(altered().map(json.dumps).map(str.encode) | odd.map(json.dumps).map(str.encode) | st.binary(max_size=30))
def test_any_body_gives_a_prediction_or_a_reason(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/v2/models/iris/infer", data=body, content_type="application/json")
    content = json.loads(answer.data)
    if answer.status_code == 200:
        assert {output["name"] for output in content["outputs"]} <= {"predict", "predict_proba"}
        assert content.get("id") == json.loads(body).get("id")
    else:
        assert answer.status_code == 400
        assert list(content) == ["error"]
        assert content["error"].encode()


@settings(max_examples=200, deadline=None)
@given(odd.map(json.dumps).map(str.encode) | st.binary(max_size=30))
def test_any_body_to_the_repository_gives_an_index_or_a_reason(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/v2/repository/index", data=body, content_type="application/json")
    assert answer.status_code in (200, 400)
    assert answer.get_json()
