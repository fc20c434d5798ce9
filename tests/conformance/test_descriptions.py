"""What the server says of itself and of the model."""

import pytest

from tests.conformance import shapes
from tests.conformance.server import Server
from tests.conformance.shapes import Schema

pytestmark = pytest.mark.xdist_group("conformance")


@pytest.mark.parametrize(("path", "schema"), [("v2", shapes.SERVER), ("v2/models/{model}", shapes.MODEL)])
def test_metadata_is_as_specified(server: Server, path: str, schema: Schema) -> None:
    answer = server.get(path.format(model=server.model))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    shapes.check(answer.json(), schema)


def test_the_models_metadata_has_its_name_and_tensors_with_different_names(server: Server) -> None:
    assert server.metadata["name"] == server.model
    for tensors in (server.metadata["inputs"], server.metadata["outputs"]):
        names = [tensor["name"] for tensor in tensors]
        assert names
        assert len(names) == len(set(names))


@pytest.mark.parametrize("path", ["v2/health/live", "v2/health/ready", "v2/models/{model}/ready"])
def test_what_is_healthy_is_answered_200(server: Server, path: str) -> None:
    answer = server.get(path.format(model=server.model))
    assert answer.status_code == 200
    if answer.content:
        shapes.check(answer.json(), shapes.HEALTH)
        assert answer.json().get("name", server.model) == server.model


def test_each_version_that_is_named_can_be_asked_for(server: Server) -> None:
    for version in server.metadata.get("versions", []):
        home = f"{server.home}/versions/{version}"
        assert server.get(f"{home}/ready").status_code == 200
        described = server.get(home)
        assert described.status_code == 200
        shapes.check(described.json(), shapes.MODEL)
        answer = server.post(f"{home}/infer", {"inputs": server.inputs()})
        assert answer.status_code == 200
        assert answer.json()["model_version"] == version
