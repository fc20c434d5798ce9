"""Turns the tensors of a request into the table that a model scores; the scorer validates the values."""

from collections.abc import Sequence

from petalstream.error_text import MAX_CHARACTERS
from petalstream.schema import Feature
from services.api.errors import WrongTensor
from services.api.scoring.matrix import Table
from services.api.wire import datatypes
from services.api.wire.tensors import Tensor


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
    columns = {name: tensor.values[column::width] for column, name in enumerate(_names(features))}
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
    return Table({name: tensor.values for name, tensor in columns.items()})


def _check_names(features: Sequence[Feature], names: Sequence[str]) -> None:
    """Raise WrongTensor unless each name is that of a feature, none is repeated, and no used feature is missing."""
    for name in names:
        if name not in _names(features):
            raise WrongTensor(f"there is no input {name[:MAX_CHARACTERS]!r}; expected are {_expected(features)}")
        if names.count(name) > 1:
            raise WrongTensor(f"the input {name!r} is there {names.count(name)} times")
    for feature in features:
        if feature.used and feature.name not in names:
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
