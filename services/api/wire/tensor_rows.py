"""Turns the tensors of a request into the table that a model scores; the scorer validates the values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from petalstream.error_text import MAX_CHARACTERS
from petalstream.features import Category, Feature
from services.api.errors import WrongTensor
from services.api.scoring.matrix import Table
from services.api.wire import datatypes
from services.api.wire.tensors import Tensor

# The datatypes with fewer digits than a number in JSON.
_ROUNDED: Mapping[str, type[np.floating[Any]]] = {"FP16": np.float16, "FP32": np.float32}


def table_from_tensors(features: Sequence[Feature], tensors: Sequence[Tensor]) -> Table:
    """Return a table with a column for each feature, from one tensor a feature in any order, or one tensor for all.

    Tensors of unused features may be missing. Raises WrongTensor.
    """
    if len(tensors) == 1 and tensors[0].name not in _names(features):
        return _split_tensor(features, tensors[0])
    return _join_tensors(features, tensors)


def _split_tensor(features: Sequence[Feature], tensor: Tensor) -> Table:
    """Return the table of one tensor of shape (rows, features), its columns in the order of the features."""
    width = len(features)
    if tensor.shape[1:] != [width]:
        raise WrongTensor(
            f"{tensor.title} is no feature and has the shape {tensor.shape}; expected are the inputs"
            f" {_expected(features)}, or one of any other name and of the shape [-1, {width}] for all in that order"
        )
    for feature in features:
        _check_datatype(feature, tensor, "; send an input for each feature")
    columns = {
        feature.name: _column_values(feature, tensor, tensor.values[column::width])
        for column, feature in enumerate(features)
    }
    return Table(columns, None if tensor.numbers is None else tensor.numbers.reshape(-1, width).T)


def _join_tensors(features: Sequence[Feature], tensors: Sequence[Tensor]) -> Table:
    """Return the table of tensors that are each the column of one feature."""
    for each in tensors:
        _check_is_column(features, each)
    _check_names(features, [tensor.name for tensor in tensors])
    columns, first = {tensor.name: tensor for tensor in tensors}, tensors[0]
    for feature in features:
        if tensor := columns.get(feature.name):
            _check_column(feature, tensor)
    for tensor in tensors:
        if tensor.shape[0] != first.shape[0]:
            counts = f"{first.title} has {first.shape[0]}, and {tensor.title} has {tensor.shape[0]}"
            raise WrongTensor(f"all inputs must have the same number of rows: {counts}")
    described = {feature.name: feature for feature in features}
    return Table({name: _column_values(described[name], each, each.values) for name, each in columns.items()})


def _column_values(feature: Feature, tensor: Tensor, values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a feature; a number that is rounded to FP32 or FP16 becomes the choice that it stands for.

    FP32 has no 0.1: the value is 0.10000000149011612, and 0.1 is the shortest decimal that FP32 rounds to it.
    """
    if not isinstance(feature, Category) or tensor.datatype not in _ROUNDED:
        return values
    rounded = _ROUNDED[tensor.datatype]
    return [value if value is None or value in feature.codes else float(str(rounded(value))) for value in values]


def _check_names(features: Sequence[Feature], names: Sequence[str]) -> None:
    """Raise WrongTensor unless each name is that of a feature, none is repeated, and no used feature is missing."""
    for name in names:
        if name not in _names(features):
            raise WrongTensor(f"there is no input {name[:MAX_CHARACTERS]!r}; expected are {_expected(features)}")
        if names.count(name) > 1:
            raise WrongTensor(f"the input {name!r} is there {names.count(name)} times")
    for feature in features:
        if feature.is_required and feature.name not in names:
            raise WrongTensor(f"the input {feature.name!r} is missing; expected are {_expected(features)}")


def _check_is_column(features: Sequence[Feature], tensor: Tensor) -> None:
    """Raise WrongTensor for a tensor of all features that has the name of one of them."""
    if tensor.name in _names(features) and len(features) > 1 and tensor.shape[1:] == [len(features)]:
        raise WrongTensor(
            f"{tensor.title} has the shape {tensor.shape} and the name of one feature; give a tensor for all features"
            ' another name, such as "input"'
        )


def _check_column(feature: Feature, tensor: Tensor) -> None:
    if tensor.shape[1:] not in ([], [1]):
        raise WrongTensor(f"{tensor.title} has the shape {tensor.shape}; expected is [-1] or [-1, 1]")
    _check_datatype(feature, tensor)


def _check_datatype(feature: Feature, tensor: Tensor, hint: str = "") -> None:
    accepted = datatypes.accepted(feature)
    if tensor.datatype not in accepted:
        takes = ", ".join(accepted)
        raise WrongTensor(f"{tensor.title} has the datatype {tensor.datatype}; {feature.name} takes {takes}{hint}")


def _expected(features: Sequence[Feature]) -> str:
    return ", ".join(f"{feature.name} ({datatypes.declared(feature)})" for feature in features)


def _names(features: Sequence[Feature]) -> list[str]:
    return [feature.name for feature in features]
