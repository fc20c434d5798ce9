"""The datatypes of the Open Inference Protocol: what each holds in JSON, and which of them a feature takes."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.schema import Feature, Kind


@dataclass(frozen=True)
class Datatype:
    """What its elements are, in words, and whether a value of JSON can be one.

    `numbers` makes an array of many that surely can be; where it gives None, each has to be looked at.
    """

    description: str
    accepts: Callable[[Any], bool]
    to_array: Callable[[Sequence[Any]], NDArray[np.float64] | None]


def _whole(least: int, most: int) -> Datatype:
    def fits(value: Any) -> bool:
        # JSON has one kind of number, in which 3.0 is as whole as 3.
        whole = type(value) is int or (type(value) is float and value.is_integer())
        return whole and least <= value <= most

    def numbers(values: Sequence[Any]) -> NDArray[np.float64] | None:
        if set(map(type, values)) != {int} or min(values) < least or max(values) > most:
            return None
        return np.array(values, dtype=np.float64)

    return Datatype(f"whole numbers from {least} to {most}", fits, numbers)


def _real(most: float) -> Datatype:
    # NaN, which Python's reader takes for JSON, is within no bounds.
    def fits(value: Any) -> bool:
        return type(value) in (int, float) and abs(value) <= most

    def numbers(values: Sequence[Any]) -> NDArray[np.float64] | None:
        if not set(map(type, values)) <= {int, float}:
            return None
        try:
            found = np.array(values, dtype=np.float64)
        except OverflowError:
            return None
        # A whole number beyond the bound may have been rounded to it.
        return found if (np.abs(found) < most).all() else None

    return Datatype(f"numbers within ±{most:g}", fits, numbers)


def _only(kind: type, holds: str) -> Datatype:
    return Datatype(holds, lambda value: type(value) is kind, lambda values: None)


NUMERIC: Mapping[str, Datatype] = {
    "FP16": _real(65504),
    "FP32": _real((2 - 2**-23) * 2.0**127),
    "FP64": _real(sys.float_info.max),
    **{f"INT{bits}": _whole(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": _whole(0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
DATATYPES: Mapping[str, Datatype] = {
    **NUMERIC,
    "BOOL": _only(bool, "true and false"),
    "BYTES": _only(str, "texts"),
}
_OWN = {Kind.NUMBER: "FP64", Kind.INTEGER: "INT64", Kind.YES_NO: "BOOL", Kind.CATEGORY: "BYTES"}


def declared(feature: Feature) -> str:
    """The datatype that says the most of the feature's values, as a model's metadata has it."""
    return _OWN[feature.kind]


def accepted(feature: Feature) -> list[str]:
    """Every datatype that can carry the feature; whether a value in it fits is for the schema to say."""
    return ["BYTES"] if feature.kind is Kind.CATEGORY else list(dict.fromkeys([declared(feature), *NUMERIC]))
