"""The columns of the api's response, as they are checked before anything is taken from them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class ForeignResponse(ValueError):
    """The response is not one that the api writes: something else listens at its address."""


def require(condition: bool) -> None:
    """Raise ForeignResponse unless the condition holds."""
    if not condition:
        raise ForeignResponse


def read_column(values: Any, count: int, valid: Sequence[int]) -> list[Any]:
    """Return the values of the valid rows; those of the others must be null. Raises ForeignResponse."""
    require(isinstance(values, list) and len(values) == count)
    require(values.count(None) == count - len(valid))
    return [values[row] for row in valid] if len(valid) < count else values


def read_columns(content: Any, count: int, valid: Sequence[int]) -> dict[str, list[Any]]:
    """Return the columns of an object by name. Raises ForeignResponse."""
    require(isinstance(content, dict))
    return {name: read_column(values, count, valid) for name, values in content.items()}


def read_lists(content: Any, count: int) -> dict[int, list[Any]]:
    """Return the lists of an object whose keys are row numbers. Raises ForeignResponse."""
    require(isinstance(content, dict) and all(isinstance(each, list) for each in content.values()))
    if not content:
        return {}
    numbers = {str(row): row for row in range(count)}
    require(content.keys() <= numbers.keys())
    return {numbers[key]: each for key, each in content.items()}


def by_row(columns: Mapping[str, list[Any]], count: int) -> Iterable[tuple[Any, ...]]:
    """Return the values of each row, none if there are no columns."""
    return zip(*columns.values(), strict=True) if columns else [()] * count
