"""Triton's model repository extension, where the server says that it has it; the model is loaded again in the end."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance import shapes
from tests.conformance.server import Server

pytestmark = pytest.mark.xdist_group("conformance")
INDEX = "v2/repository/index"


@pytest.fixture
def repository(server: Server) -> Iterator[Server]:
    """A server that has the extension, with the model loaded before and after."""
    if not any(extension.startswith("model_repository") for extension in server.extensions):
        pytest.skip(f"{server.url} has no model repository, and says so")
    yield server
    change(server, "load")


def change(server: Server, action: str, content: object = b"") -> None:
    """Load or unload the model."""
    answer = server.post(f"v2/repository/models/{server.model}/{action}", content)
    assert answer.status_code == 200, answer.text


def states(server: Server, content: object) -> list[dict[str, Any]]:
    """What the index says of the model's versions."""
    answer = server.post(INDEX, content)
    assert answer.status_code == 200, answer.text
    shapes.check(answer.json(), shapes.INDEX)
    return [entry for entry in answer.json() if entry["name"] == server.model]


@pytest.mark.parametrize("content", [b"", {}, {"ready": False}, {"ready": True}])
def test_a_model_that_is_served_is_in_the_index(repository: Server, content: object) -> None:
    assert "READY" in [entry["state"] for entry in states(repository, content)]


@pytest.mark.parametrize("content", [b"", {}, {"parameters": {}}])
def test_an_unloaded_model_is_not_ready_until_it_is_loaded(repository: Server, content: object) -> None:
    inputs = repository.inputs()
    change(repository, "unload", content)
    assert repository.get(f"{repository.home}/ready").status_code != 200
    assert "READY" not in [entry["state"] for entry in states(repository, {})]
    assert states(repository, {"ready": True}) == []
    answer = repository.post(f"{repository.home}/infer", {"inputs": inputs})
    assert answer.status_code >= 400
    shapes.check(answer.json(), shapes.ERROR)
    change(repository, "load", content)
    assert repository.get(f"{repository.home}/ready").status_code == 200
    repository.infer({"inputs": inputs})


def test_a_model_that_is_loaded_can_be_loaded_again(repository: Server) -> None:
    change(repository, "load")
    repository.infer({"inputs": repository.inputs()})


@pytest.mark.parametrize("action", ["load", "unload"])
def test_a_model_that_is_not_there_is_refused(repository: Server, action: str) -> None:
    answer = repository.post(f"v2/repository/models/no-such-model/{action}", b"")
    assert answer.status_code >= 400
    shapes.check(answer.json(), shapes.ERROR)
