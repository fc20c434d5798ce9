"""What the server cannot do is told with an HTTP error status, typically 400, and {"error": text}; it does no harm."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.conformance import shapes
from tests.conformance.server import Server, Tensor, nested

pytestmark = pytest.mark.xdist_group("conformance")


def refused(answer: requests.Response) -> None:
    """See that the client is told, in the form that it can read."""
    assert answer.status_code >= 400, answer.text
    assert answer.headers["Content-Type"].startswith("application/json"), (answer.status_code, answer.text)
    shapes.check(answer.json(), shapes.ERROR)


def without(member: str) -> Callable[[Tensor], Tensor]:
    """A tensor that lacks a member."""
    return lambda tensor: {name: value for name, value in tensor.items() if name != member}


def ragged(tensor: Tensor) -> Tensor:
    """A tensor of which the last element lies one list deeper than the others."""
    return tensor | {"data": [*tensor["data"][:-1], [tensor["data"][-1], tensor["data"][-1]]]}


# What becomes of the first input, of three rows.
TENSORS: dict[str, Callable[[Tensor], object]] = {
    "no object": lambda tensor: tensor["data"],
    "without a name": without("name"),
    "without a shape": without("shape"),
    "without a datatype": without("datatype"),
    "without data": without("data"),
    "of an unknown datatype": lambda tensor: tensor | {"datatype": "FP65"},
    "of a datatype in small letters": lambda tensor: tensor | {"datatype": tensor["datatype"].lower()},
    "with an element too few": lambda tensor: tensor | {"data": tensor["data"][1:]},
    "with an element too many": lambda tensor: tensor | {"data": [*tensor["data"], tensor["data"][0]]},
    "with a row too few": lambda tensor: tensor | {"data": nested(tensor)["data"][1:]},
    "with ragged data": ragged,
    "with an object in the data": lambda tensor: tensor | {"data": [{}, *tensor["data"][1:]]},
    "with null in the data": lambda tensor: tensor | {"data": [None, *tensor["data"][1:]]},
    "with data that is no list": lambda tensor: tensor | {"data": "1"},
    "with a dimension too many": lambda tensor: tensor | {"shape": [*tensor["shape"], 2], "data": tensor["data"] * 2},
    "with a shape of a negative size": lambda tensor: tensor | {"shape": [-3, *tensor["shape"][1:]]},
    "with a shape of texts": lambda tensor: tensor | {"shape": [str(size) for size in tensor["shape"]]},
    "with words for numbers": lambda tensor: tensor | {"datatype": "FP64", "data": ["many"] * len(tensor["data"])},
}


@pytest.mark.parametrize("what", TENSORS)
def test_an_input_that_is_none_is_refused(server: Server, what: str) -> None:
    first, *others = server.inputs(3)
    refused(server.post(f"{server.home}/infer", {"inputs": [TENSORS[what](first), *others]}))


# What becomes of the request.
REQUESTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda request: b"",
    "no JSON": lambda request: b'{"inputs": [',
    "no UTF-8": lambda request: b'{"id": "\xff"}',
    "null": lambda request: b"null",
    "a list": lambda request: request["inputs"],
    "without inputs": lambda request: {"id": "42"},
    "with no input": lambda request: {"inputs": []},
    "with inputs that are no list": lambda request: {"inputs": {"data": [1]}},
    "with the first input missing": lambda request: {"inputs": request["inputs"][1:]},
    "with an input of another name": lambda request: {
        "inputs": [*request["inputs"], request["inputs"][0] | {"name": "no-such-input"}]
    },
    "with an unknown output": lambda request: request | {"outputs": [{"name": "no-such-output"}]},
    "with an output without a name": lambda request: request | {"outputs": [{}]},
    "with outputs that are no list": lambda request: request | {"outputs": "all"},
    "with an id that is no text": lambda request: request | {"id": ["42"]},
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_that_is_none_is_refused(server: Server, what: str) -> None:
    refused(server.post(f"{server.home}/infer", REQUESTS[what]({"inputs": server.inputs()})))


@pytest.mark.parametrize("home", ["v2/models/no-such-model", "v2/models/{model}/versions/no-such-version"])
def test_a_model_or_version_that_is_not_there_is_refused(server: Server, home: str) -> None:
    home = home.format(model=server.model)
    refused(server.get(home))
    refused(server.post(f"{home}/infer", {"inputs": server.inputs()}))
    assert server.get(f"{home}/ready").status_code >= 400


def test_after_all_this_it_serves_as_before(server: Server) -> None:
    inputs = server.inputs()
    before = server.infer({"inputs": inputs})["outputs"]
    for alter in TENSORS.values():
        server.post(f"{server.home}/infer", {"inputs": [alter(inputs[0]), *inputs[1:]]})
    assert server.get("v2/health/live").status_code == 200
    assert server.infer({"inputs": inputs})["outputs"] == before
