"""Rows that come column by column: an object of names and lists of values."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from services.api.body import UnreadableBody

_NAMED = 20


def are_columns(content: Any) -> bool:
    """Whether `content` is an object of lists alone; where it is a mixture, it is judged as one row."""
    return isinstance(content, dict) and bool(content) and all(isinstance(values, list) for values in content.values())


def rows(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """One row for each place in the lists. Raises UnreadableBody where these are not of one length, or empty."""
    if len(set(map(len, columns.values()))) > 1:
        lengths = ", ".join(f"{name[:40]} {len(values)}" for name, values in islice(columns.items(), _NAMED))
        more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
        raise UnreadableBody(f"the columns must have as many values as each other, and have: {lengths}{more}")
    found = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if not found:
        raise UnreadableBody("the columns are empty; at least one row is needed")
    return found
