"""A server of the Open Inference Protocol, of which is known what it says itself and nothing else."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests

SECONDS = 30
# A model that takes none of these for its inputs cannot be tested: metadata says nothing of the values that fit.
FILLING = {"BOOL": True, "BYTES": "1"}
Tensor = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """Where it is, and the name of the model that it is asked for."""

    url: str
    model: str

    @property
    def home(self) -> str:
        """The path of the model."""
        return f"v2/models/{self.model}"

    def get(self, path: str) -> requests.Response:
        """What it answers to a GET."""
        return requests.get(f"{self.url}/{path}", timeout=SECONDS)

    def post(self, path: str, content: object) -> requests.Response:
        """What it answers to JSON; bytes are sent as they are."""
        if isinstance(content, bytes):
            return requests.post(
                f"{self.url}/{path}", data=content, headers={"Content-Type": "application/json"}, timeout=SECONDS
            )
        return requests.post(f"{self.url}/{path}", json=content, timeout=SECONDS)

    def infer(self, content: object) -> dict[str, Any]:
        """Its answer to a request that fits the model."""
        answer = self.post(f"{self.home}/infer", content)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """What it says of the model."""
        answer = self.get(self.home)
        assert answer.status_code == 200, answer.text
        found: Mapping[str, Any] = answer.json()
        return found

    @property
    def extensions(self) -> Sequence[str]:
        """The extensions that it has."""
        found: Sequence[str] = self.get("v2").json()["extensions"]
        return found

    def inputs(self, rows: int = 1) -> list[Tensor]:
        """A tensor for each of the model's inputs, its data flat."""
        return [_filled(described, rows) for described in self.metadata["inputs"]]


def nested(tensor: Tensor) -> Tensor:
    """The same tensor with its data in lists of lists, as its shape says."""
    data = tensor["data"]
    for size in reversed(tensor["shape"][1:]):
        data = [data[start : start + size] for start in range(0, len(data), size)]
    return tensor | {"data": data}


def flat(data: Any) -> list[Any]:
    """The elements of data, which may be nested."""
    return [value for each in data for value in (flat(each) if isinstance(each, list) else [each])]


def _filled(described: Mapping[str, Any], rows: int) -> Tensor:
    """A dimension of any size has so many rows where it is the first, and else 1."""
    shape = [size if size != -1 else rows if position == 0 else 1 for position, size in enumerate(described["shape"])]
    filling = FILLING.get(described["datatype"], 1)
    name, datatype = described["name"], described["datatype"]
    return {"name": name, "datatype": datatype, "shape": shape, "data": [filling] * math.prod(shape)}
