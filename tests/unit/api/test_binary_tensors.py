"""Tensors as bytes after the JSON, in and out, have the outcome of the same tensors in JSON."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.records import FLOWER
from tests.unit.api.asked import PATIENT

INFER, HEART = "/v2/models/iris/infer", "/v2/models/heart_failure/infer"
HEADER = "Inference-Header-Content-Length"
DTYPES = {"FP32": "<f4", "FP64": "<f8", "INT8": "<i1", "UINT16": "<u2", "INT64": "<i8", "FP16": "<f2", "UINT8": "<u1"}
ROWS = [[5.0, 3.0, 1.0, 0.0], [6.0, 3.0, 5.0, 2.0]]


def send(client: FlaskClient, content: Any, blobs: bytes = b"", path: str = INFER, length: Any = None) -> TestResponse:
    """Post JSON and the bytes after it."""
    text = json.dumps(content).encode()
    headers = {HEADER: str(len(text) if length is None else length)}
    return client.post(path, data=text + blobs, headers=headers, content_type="application/octet-stream")


def tensor(datatype: str, size: Any, shape: list[int] | None = None, **more: Any) -> dict[str, Any]:
    shape = shape or [len(ROWS), 4]
    return {"name": "all", "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}, **more}


@pytest.mark.parametrize("datatype", DTYPES)
def test_numbers_of_every_type_have_the_outcome_of_json(client: FlaskClient, datatype: str) -> None:
    blob = np.array(ROWS).astype(DTYPES[datatype]).tobytes()
    data = [value if datatype.startswith("FP") else int(value) for row in ROWS for value in row]
    in_json = {"inputs": [{"name": "all", "datatype": datatype, "shape": [2, 4], "data": data}]}
    expected = client.post(INFER, json=in_json).get_json()
    assert send(client, {"inputs": [tensor(datatype, len(blob))]}, blob).get_json() == expected


def in_bytes(feature: str, value: object) -> tuple[str, bytes]:
    """The datatype and the bytes of one value."""
    if isinstance(value, bool):
        return "BOOL", bytes([value])
    return "FP64", struct.pack("<d", value)


def test_binary_inputs_and_json_inputs_may_be_mixed(both: FlaskClient) -> None:
    inputs, blobs, in_json = [], b"", []
    for number, (name, value) in enumerate(PATIENT.items()):
        datatype, blob = in_bytes(name, value)
        described: dict[str, Any] = {"name": name, "datatype": datatype, "shape": [1]}
        in_json.append({**described, "data": [value]})
        if number % 2:
            inputs.append(in_json[-1])
        else:
            inputs.append({**described, "parameters": {"binary_data_size": len(blob)}})
            blobs += blob
    expected = both.post(HEART, json={"inputs": in_json}).get_json()
    assert send(both, {"inputs": inputs}, blobs, HEART).get_json() == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"parameters": {"binary_data_output": True}},
        {"outputs": [{"name": name, "parameters": {"binary_data": True}} for name in ("predict", "predict_proba")]},
        {"parameters": {"binary_data_output": True}, "outputs": [{"name": "predict"}, {"name": "predict_proba"}]},
    ],
)
def test_outputs_come_as_bytes_to_who_asks_for_them(client: FlaskClient, asked: dict[str, Any]) -> None:
    given = {"inputs": [{"name": "all", "datatype": "FP64", "shape": [2, 4], "data": ROWS}]}
    in_json = {output["name"]: output["data"] for output in client.post(INFER, json=given).get_json()["outputs"]}
    response = client.post(INFER, json={**given, **asked})
    assert response.mimetype == "application/octet-stream"
    length = int(response.headers[HEADER])
    labels, probabilities = json.loads(response.data[:length])["outputs"]
    assert "data" not in labels
    assert "data" not in probabilities
    rest = response.data[length:]
    sizes = [each["parameters"]["binary_data_size"] for each in (labels, probabilities)]
    assert sum(sizes) == len(rest)
    assert np.frombuffer(rest[sizes[0] :], "<f8").tolist() == in_json["predict_proba"]
    expected = b"".join(struct.pack("<I", len(label)) + label.encode() for label in in_json["predict"])
    assert rest[: sizes[0]] == expected


def test_one_output_may_be_bytes_and_the_other_json(client: FlaskClient) -> None:
    outputs = [{"name": "predict"}, {"name": "predict_proba", "parameters": {"binary_data": True}}]
    given = {"inputs": [{"name": "all", "datatype": "FP64", "shape": [2, 4], "data": ROWS}], "outputs": outputs}
    response = client.post(INFER, json=given)
    labels, _ = json.loads(response.data[: int(response.headers[HEADER])])["outputs"]
    assert len(labels["data"]) == 2


FLOATS = struct.pack("<8d", *[value for row in ROWS for value in row])


@pytest.mark.parametrize(
    ("content", "blobs", "length", "message"),
    [
        ({"inputs": [tensor("FP64", 64)]}, FLOATS[:-1], None, "has a binary_data_size of 64, and 63 bytes are left"),
        ({"inputs": [tensor("FP64", 64)]}, FLOATS + b"x", None, "1 bytes of the body belong to no input"),
        ({"inputs": [tensor("FP32", 64)]}, FLOATS, None, "asks for 32 bytes of FP32, not 64"),
        ({"inputs": [tensor("FP64", 64, data=[1])]}, FLOATS, None, "has both data and a binary_data_size"),
        ({"inputs": [tensor("FP64", -1)]}, FLOATS, None, "must be a whole number of bytes, not -1"),
        ({"inputs": [tensor("FP64", True)]}, FLOATS, None, "must be a whole number of bytes, not a boolean"),
        ({"inputs": [tensor("BF16", 64)]}, FLOATS, None, "the datatype of input 'all' must be one of"),
        ({"inputs": [tensor("BOOL", 8)]}, b"\x00\x01\x02" + bytes(5), None, "is BOOL, of which each byte is 0 or 1"),
        ({"inputs": [tensor("BYTES", 7)]}, b"\x09\x00\x00\x00abc", None, "ends within an element"),
        ({"inputs": [tensor("BYTES", 2)]}, b"\x09\x00", None, "ends within an element"),
        ({"inputs": [tensor("BYTES", 5)]}, b"\x01\x00\x00\x00\xff", None, "has an element that is no UTF-8"),
        ({"inputs": []}, b"", 10_000, "must be the length of the JSON"),
        ({"inputs": []}, b"", "x", "must be the length of the JSON"),
        ({"inputs": []}, b"", -1, "must be the length of the JSON"),
        ({"inputs": []}, b"", "0" * 5_000, "must be the length of the JSON"),
        ({"inputs": [tensor("FP64", 1.5)]}, b"", None, "must be a whole number of bytes, not 1.5"),
        (
            {"inputs": [], "parameters": {"binary_data_output": 1}},
            b"",
            None,
            "binary_data_output of the request must be",
        ),
    ],
)
def test_what_does_not_fit_is_400_with_the_reason(
    client: FlaskClient, content: Any, blobs: bytes, length: Any, message: str
) -> None:
    response = send(client, content, blobs, length=length)
    assert response.status_code == 400
    assert message in response.get_json()["error"]


def test_numbers_that_are_not_finite_are_errors_of_their_rows(client: FlaskClient) -> None:
    blob = struct.pack("<4d", 5.1, 3.5, float("nan"), 0.2)
    response = send(client, {"inputs": [tensor("FP64", 32, [1, 4])]}, blob)
    assert response.status_code == 400
    assert "petal_length must be a finite number" in response.get_json()["error"]


def test_a_matrix_with_the_name_of_a_feature_gets_an_error_that_asks_for_another(client: FlaskClient) -> None:
    given = {"name": next(iter(FLOWER)), "datatype": "FP64", "shape": [2, 4], "data": ROWS}
    response = client.post(INFER, json={"inputs": [given]})
    assert "give a tensor for all features another name" in response.get_json()["error"]


def test_a_number_of_bytes_that_is_nested_deep_is_400(client: FlaskClient) -> None:
    text = json.dumps({"inputs": [tensor("FP64", "HERE")]}).replace('"HERE"', "[" * 1_000 + "]" * 1_000)
    response = client.post(INFER, data=text, headers={HEADER: str(len(text))})
    assert response.status_code == 400
    assert "must be a whole number of bytes, not a list" in response.get_json()["error"]
