"""A tensor of the Open Inference Protocol, read from JSON; it knows nothing of models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.error_text import describe_json
from services.api.errors import WrongTensor
from services.api.wire.datatypes import DATATYPES

NO_BINARY = "binary tensor data is not offered: send data as JSON (in tritonclient with binary_data=False)"
SHOWN = 40


@dataclass(frozen=True)
class Tensor:
    """An input of a request: `shape` is [rows] or [rows, columns], `values` are flat and in row-major order.

    `numbers` are the values as an array, where they could be looked at all at once.
    """

    name: str
    datatype: str
    shape: list[int]
    values: Sequence[Any]
    numbers: NDArray[np.float64] | None

    @property
    def title(self) -> str:
        """How errors call it."""
        return _title(self.name)


def read_tensor(content: object) -> Tensor:
    """The tensor that an object of `inputs` describes, each value of the datatype it names or null.

    Whether a feature may be null is for the schema of the model to say. Raises WrongTensor.
    """
    if not isinstance(content, dict) or not isinstance(content.get("name"), str):
        raise WrongTensor(
            f"each input must be an object with name, shape, datatype and data, not {describe_value(content)}"
        )
    title, datatype = _title(content["name"]), content.get("datatype")
    if "binary_data_size" in read_parameters(content, title):
        raise WrongTensor(f"{title} has binary_data_size: {NO_BINARY}")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        known = ", ".join(DATATYPES)
        raise WrongTensor(f"the datatype of {title} must be one of {known}, not {describe_value(datatype)}")
    shape = _shape(title, content.get("shape"))
    values = _values(title, shape, content.get("data"))
    numbers = DATATYPES[datatype].to_array(values)
    if numbers is None:
        for index, value in enumerate(values):
            if value is not None and not DATATYPES[datatype].accepts(value):
                holds = DATATYPES[datatype].description
                raise WrongTensor(
                    f"{title} is {datatype}, which holds {holds}; element {index} is {describe_value(value)}"
                )
    return Tensor(content["name"], datatype, shape, values, numbers)


def read_parameters(content: dict[str, Any], title: str) -> dict[str, Any]:
    """The parameters of a request, an input or an output, which may have none. Raises WrongTensor."""
    found = content.get("parameters")
    if found is not None and not isinstance(found, dict):
        raise WrongTensor(f"the parameters of {title} must be an object, not {describe_value(found)}")
    return found or {}


def describe_value(value: object) -> str:
    """A value of JSON in an error: a number itself, of all else what it is."""
    return str(value)[:SHOWN] if type(value) in (int, float) else describe_json(value)


def _shape(title: str, shape: object) -> list[int]:
    expected = f"the shape of {title} must be [rows] or [rows, columns]"
    if not isinstance(shape, list) or len(shape) not in (1, 2):
        found = f"of {len(shape)} dimensions" if isinstance(shape, list) else describe_value(shape)
        raise WrongTensor(f"{expected}, not {found}")
    sizes = [_size(expected, size) for size in shape]
    if sizes[0] == 0:
        raise WrongTensor(f"{title} has the shape {sizes}, and at least one row is needed")
    return sizes


def _size(expected: str, size: object) -> int:
    """Return a whole number, which JSON Schema lets end in .0. Raises WrongTensor."""
    if isinstance(size, int | float) and not isinstance(size, bool) and 0 <= size < 2**64 and size == int(size):
        return int(size)
    raise WrongTensor(f"{expected} in whole numbers below 2^64, not {describe_value(size)}")


def _values(title: str, shape: list[int], data: object) -> list[Any]:
    """The elements of data, which may be nested as the shape says, or flat."""
    if not isinstance(data, list):
        raise WrongTensor(f"the data of {title} must be a list, not {describe_value(data)}")
    expected = f"the shape {shape} of {title} asks for"
    is_flat = len(data) == math.prod(shape) and not any(isinstance(first, list) for first in data[:1])
    if len(shape) == 2 and not is_flat and any(isinstance(row, list) for row in data):
        return _unnested(expected, shape, data)
    if len(data) != math.prod(shape):
        raise WrongTensor(f"{expected} data of length {math.prod(shape)}, not {len(data)}")
    return data


def _unnested(expected: str, shape: list[int], data: list[Any]) -> list[Any]:
    rows, columns = shape
    if len(data) != rows:
        raise WrongTensor(f"{expected} nested data of length {rows}, not {len(data)}")
    for index, row in enumerate(data):
        if not isinstance(row, list) or len(row) != columns:
            found = f"has {len(row)}" if isinstance(row, list) else f"is {describe_value(row)}"
            raise WrongTensor(f"{expected} rows of length {columns}, and row {index} {found}")
    return [value for row in data for value in row]


def _title(name: str) -> str:
    return f"input {name[:SHOWN]!r}"
