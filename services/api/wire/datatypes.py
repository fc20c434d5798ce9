"""The datatypes of the Open Inference Protocol: the JSON values of each, and which of them a feature accepts."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Category, Date, Feature, Kind, Text


@dataclass(frozen=True)
class Datatype:
    """`description` says in words what its elements are, `accepts` whether a JSON value can be one.

    `to_array` returns many values as an array, or None if some may not be accepted: the caller then checks each.
    """

    description: str
    accepts: Callable[[Any], bool]
    to_array: Callable[[Sequence[Any]], NDArray[np.float64] | None]


def _integers(least: int, most: int) -> Datatype:
    def accepts(value: Any) -> bool:
        # JSON has one kind of number, in which 3.0 is as whole as 3.
        is_whole = type(value) is int or (type(value) is float and value.is_integer())
        return is_whole and least <= value <= most

    def to_array(values: Sequence[Any]) -> NDArray[np.float64] | None:
        if set(map(type, values)) != {int} or min(values) < least or max(values) > most:
            return None
        return np.array(values, dtype=np.float64)

    return Datatype(f"whole numbers from {least} to {most}", accepts, to_array)


def _floats(most: float) -> Datatype:
    # Python's parser accepts NaN, which an optional feature takes, and others do not.
    def accepts(value: Any) -> bool:
        return type(value) in (int, float) and not abs(value) > most

    def to_array(values: Sequence[Any]) -> NDArray[np.float64] | None:
        if not set(map(type, values)) <= {int, float}:
            return None
        try:
            array = np.array(values, dtype=np.float64)
        except OverflowError:
            return None
        # Not <=: a whole number beyond the bound may have been rounded to it.
        return array if not (np.abs(array) >= most).any() else None

    return Datatype(f"numbers within ±{most:g}", accepts, to_array)


def _instances_of(python_type: type, description: str) -> Datatype:
    return Datatype(description, lambda value: type(value) is python_type, lambda values: None)


NUMERIC: Mapping[str, Datatype] = {
    "FP16": _floats(65504),
    "FP32": _floats((2 - 2**-23) * 2.0**127),
    "FP64": _floats(sys.float_info.max),
    **{f"INT{bits}": _integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": _integers(0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
DATATYPES: Mapping[str, Datatype] = {
    **NUMERIC,
    "BOOL": _instances_of(bool, "true and false"),
    "BYTES": _instances_of(str, "texts"),
}
_DECLARED = {Kind.NUMBER: "FP64", Kind.INTEGER: "INT64", Kind.YES_NO: "BOOL"}


def declared(feature: Feature) -> str:
    """Return the datatype that the metadata of a model declares for the feature."""
    return _DECLARED.get(feature.kind, "BYTES")


def accepted(feature: Feature) -> list[str]:
    """Return every datatype that may carry the feature; its values are validated by the schema."""
    if isinstance(feature, Text | Date):
        return ["BYTES"]
    if isinstance(feature, Category):
        takes_numbers = feature.other or any(not isinstance(choice, str) for choice in feature.codes)
        return ["BYTES", *NUMERIC] if takes_numbers else ["BYTES"]
    return list(dict.fromkeys([declared(feature), *NUMERIC]))
