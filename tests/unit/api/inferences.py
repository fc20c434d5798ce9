"""Requests of the Open Inference Protocol, made from rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient


def columns(metadata: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A request with an input for each feature of the rows, as the model's metadata has it."""
    return {
        "inputs": [
            {**tensor, "shape": [len(rows)], "data": [row[tensor["name"]] for row in rows]}
            for tensor in metadata["inputs"]
            if tensor["name"] in rows[0]
        ]
    }


def matrix(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A request with one tensor of all features, which must be numbers, or yes and no."""
    data = [float(value) for row in rows for value in row.values()]
    return {"inputs": [{"name": "all", "datatype": "FP64", "shape": [len(rows), len(rows[0])], "data": data}]}


def metadata(client: FlaskClient, model: str) -> dict[str, Any]:
    """What the api says of a model's tensors."""
    found: dict[str, Any] = client.get(f"/v2/models/{model}").get_json()
    return found
