"""Reads a tensor of the Open Inference Protocol from JSON, without knowledge of any model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.error_text import MAX_CHARACTERS, describe_value
from services.api.errors import WrongTensor
from services.api.wire.binary_tensors import SIZE, Blobs, decode
from services.api.wire.datatypes import DATATYPES


@dataclass(frozen=True)
class Tensor:
    """An input of a request: `shape` is [rows] or [rows, columns], `values` are flat, in row-major order.

    `numbers` holds the values as an array, or None if they could only be checked one by one.
    """

    name: str
    datatype: str
    shape: list[int]
    values: Sequence[Any]
    numbers: NDArray[np.float64] | None

    @property
    def title(self) -> str:
        """Return the tensor's name as error messages have it."""
        return _title(self.name)


def read_tensor(content: object, blobs: Blobs) -> Tensor:
    """Return the tensor that an object in `inputs` holds, whose values may be in `blobs`. Raises WrongTensor.

    Each value is null or of the datatype; whether a feature may be null is decided by the schema of the model.
    """
    if not isinstance(content, dict) or not isinstance(content.get("name"), str):
        found = describe_value(content)
        raise WrongTensor(f"each input must be an object with name, shape, datatype and data, not {found}")
    title, datatype = _title(content["name"]), content.get("datatype")
    parameters = read_parameters(content, title)
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        known = ", ".join(DATATYPES)
        raise WrongTensor(f"the datatype of {title} must be one of {known}, not {describe_value(datatype)}")
    shape = _read_shape(title, content.get("shape"))
    if SIZE in parameters:
        if "data" in content:
            raise WrongTensor(f"{title} has both data and a {SIZE}; one of them is needed")
        return Tensor(
            content["name"], datatype, shape, *decode(title, datatype, shape, blobs.take(title, parameters[SIZE]))
        )
    values = _read_data(title, shape, content.get("data"))
    numbers = DATATYPES[datatype].to_array(values)
    if numbers is None:
        _check_values(title, datatype, values)
    return Tensor(content["name"], datatype, shape, values, numbers)


def read_parameters(content: dict[str, Any], title: str) -> dict[str, Any]:
    """Return the optional parameters of a request, an input or an output. Raises WrongTensor."""
    parameters = content.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise WrongTensor(f"the parameters of {title} must be an object, not {describe_value(parameters)}")
    return parameters or {}


def _check_values(title: str, datatype: str, values: Sequence[Any]) -> None:
    for index, value in enumerate(values):
        if value is not None and not DATATYPES[datatype].accepts(value):
            holds, found = DATATYPES[datatype].description, describe_value(value)
            raise WrongTensor(f"{title} is {datatype}, which holds {holds}; element {index} is {found}")


def _read_shape(title: str, shape: object) -> list[int]:
    expected = f"the shape of {title} must be [rows] or [rows, columns]"
    if not isinstance(shape, list) or len(shape) not in (1, 2):
        found = f"of {len(shape)} dimensions" if isinstance(shape, list) else describe_value(shape)
        raise WrongTensor(f"{expected}, not {found}")
    sizes = [_read_size(expected, size) for size in shape]
    if sizes[0] == 0:
        raise WrongTensor(f"{title} has the shape {sizes}, and at least one row is needed")
    return sizes


def _read_size(expected: str, size: object) -> int:
    """Return `size` as an int; a whole number may end in .0, as JSON Schema allows. Raises WrongTensor."""
    if isinstance(size, int | float) and not isinstance(size, bool) and 0 <= size < 2**64 and size == int(size):
        return int(size)
    raise WrongTensor(f"{expected} in whole numbers below 2^64, not {describe_value(size)}")


def _read_data(title: str, shape: list[int], data: object) -> list[Any]:
    """Return the elements of `data`, which may be flat or nested like the shape, as a flat list."""
    if not isinstance(data, list):
        raise WrongTensor(f"the data of {title} must be a list, not {describe_value(data)}")
    expected = f"the shape {shape} of {title} asks for"
    is_flat = len(data) == math.prod(shape) and not any(isinstance(first, list) for first in data[:1])
    if len(shape) == 2 and not is_flat and any(isinstance(row, list) for row in data):
        return _flatten(expected, shape, data)
    if len(data) != math.prod(shape):
        raise WrongTensor(f"{expected} data of length {math.prod(shape)}, not {len(data)}")
    return data


def _flatten(expected: str, shape: list[int], data: list[Any]) -> list[Any]:
    rows, columns = shape
    if len(data) != rows:
        raise WrongTensor(f"{expected} nested data of length {rows}, not {len(data)}")
    for index, row in enumerate(data):
        if not isinstance(row, list) or len(row) != columns:
            found = f"has {len(row)}" if isinstance(row, list) else f"is {describe_value(row)}"
            raise WrongTensor(f"{expected} rows of length {columns}, and row {index} {found}")
    return [value for row in data for value in row]


def _title(name: str) -> str:
    return f"input {name[:MAX_CHARACTERS]!r}"
