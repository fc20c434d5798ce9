"""What the server answers to requests that are made of nothing but the model's metadata."""

import math
from typing import Any

import pytest

from tests.conformance import shapes
from tests.conformance.server import Server, flat, nested

pytestmark = pytest.mark.xdist_group("conformance")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_answer_has_every_output_as_the_metadata_describes_it(server: Server, rows: int) -> None:
    answer = server.infer({"inputs": server.inputs(rows)})
    shapes.check(answer, shapes.INFERENCE)
    assert answer["model_name"] == server.model
    described = {tensor["name"]: tensor for tensor in server.metadata["outputs"]}
    assert {output["name"] for output in answer["outputs"]} == set(described)
    for output in answer["outputs"]:
        expected = described[output["name"]]
        assert output["datatype"] == expected["datatype"]
        assert len(output["shape"]) == len(expected["shape"])
        for size, wanted in zip(output["shape"], expected["shape"], strict=True):
            assert wanted in (-1, size)
        assert len(flat(output["data"])) == math.prod(output["shape"])
        if expected["shape"][0] == -1:
            assert output["shape"][0] == rows


def test_nested_data_means_what_flat_data_does(server: Server) -> None:
    inputs = server.inputs(3)
    assert (
        server.infer({"inputs": inputs})["outputs"]
        == server.infer({"inputs": [nested(tensor) for tensor in inputs]})["outputs"]
    )


def test_inputs_may_come_in_any_order(server: Server) -> None:
    inputs = server.inputs()
    assert server.infer({"inputs": inputs})["outputs"] == server.infer({"inputs": inputs[::-1]})["outputs"]


@pytest.mark.parametrize("identifier", ["42", "an id of more than one word", "\N{SNOWMAN}"])
def test_the_id_comes_back(server: Server, identifier: str) -> None:
    assert server.infer({"id": identifier, "inputs": server.inputs()})["id"] == identifier


def test_each_output_can_be_asked_for_alone_and_all_together(server: Server) -> None:
    inputs = server.inputs(2)
    names = [tensor["name"] for tensor in server.metadata["outputs"]]
    for wanted in (*([name] for name in names), names):
        answer = server.infer({"inputs": inputs, "outputs": [{"name": name} for name in wanted]})
        assert sorted(output["name"] for output in answer["outputs"]) == sorted(wanted)


@pytest.mark.parametrize("parameters", [{}, {"a_text": "1", "a_number": 1.5, "a_boolean": False}])
def test_parameters_may_stand_wherever_the_specification_has_them(server: Server, parameters: dict[str, Any]) -> None:
    inputs = server.inputs()
    outputs = [{"name": tensor["name"], "parameters": parameters} for tensor in server.metadata["outputs"]]
    given = [tensor | {"parameters": parameters} for tensor in inputs]
    plain = server.infer({"inputs": inputs, "outputs": [{"name": output["name"]} for output in outputs]})
    answer = server.infer({"inputs": given, "outputs": outputs, "parameters": parameters})
    assert answer["outputs"] == plain["outputs"]
