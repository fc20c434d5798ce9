"""From the tensors of a request to the table that a model scores; whether its values fit is for its schema to say."""

from collections.abc import Sequence

from petalstream.schema import Feature
from services.api.errors import WrongTensor
from services.api.scoring.matrix import Table
from services.api.wire import datatypes
from services.api.wire.tensors import SHOWN, Tensor


def table_from_tensors(features: Sequence[Feature], tensors: Sequence[Tensor]) -> Table:
    """A row of named features for each row of the tensors: a column for each feature, in any order, or all in one.

    Features that are not used may be missing among the columns. Raises WrongTensor.
    """
    if len(tensors) == 1 and tensors[0].name not in _names(features):
        return _of_all(features, tensors[0])
    return _of_columns(features, tensors)


def _of_all(features: Sequence[Feature], tensor: Tensor) -> Table:
    """The rows of one tensor that has a column for each feature, in their order."""
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


def _of_columns(features: Sequence[Feature], tensors: Sequence[Tensor]) -> Table:
    """The rows of tensors that are each the column of a feature."""
    _check_names(features, [tensor.name for tensor in tensors])
    columns, first = {tensor.name: tensor for tensor in tensors}, tensors[0]
    for feature in features:
        if tensor := columns.get(feature.name):
            _check_column(feature, tensor)
    for tensor in tensors:
        if tensor.shape[0] != first.shape[0]:
            said = f"{first.title} has {first.shape[0]}, and {tensor.title} has {tensor.shape[0]}"
            raise WrongTensor(f"all inputs must have the same number of rows: {said}")
    return Table({name: tensor.values for name, tensor in columns.items()})


def _check_names(features: Sequence[Feature], names: Sequence[str]) -> None:
    """Raise WrongTensor unless each is the name of a feature, once, and each feature that the model uses has one."""
    for name in names:
        if name not in _names(features):
            raise WrongTensor(f"there is no input {name[:SHOWN]!r}; expected are {_expected(features)}")
        if names.count(name) > 1:
            raise WrongTensor(f"the input {name!r} is there {names.count(name)} times")
    for feature in features:
        if feature.used and feature.name not in names:
            raise WrongTensor(f"the input {feature.name!r} is missing; expected are {_expected(features)}")


def _check_column(feature: Feature, tensor: Tensor) -> None:
    if tensor.shape[1:] not in ([], [1]):
        raise WrongTensor(f"{tensor.title} has the shape {tensor.shape}; expected is [-1] or [-1, 1]")
    _check_datatype(feature, tensor)


def _check_datatype(feature: Feature, tensor: Tensor, hint: str = "") -> None:
    if tensor.datatype not in datatypes.accepted(feature):
        taken = ", ".join(datatypes.accepted(feature))
        raise WrongTensor(f"{tensor.title} has the datatype {tensor.datatype}; {feature.name} takes {taken}{hint}")


def _expected(features: Sequence[Feature]) -> str:
    return ", ".join(f"{feature.name} ({datatypes.declared(feature)})" for feature in features)


def _names(features: Sequence[Feature]) -> list[str]:
    return [feature.name for feature in features]
