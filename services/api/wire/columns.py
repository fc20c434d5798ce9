"""Rows that come column by column: an object of names and lists of values."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from services.api.scoring.matrix import Table
from services.api.wire.body import UnreadableBody

_NAMED = 20


def are_columns(content: Any) -> bool:
    """Whether `content` is an object of lists alone; where it is a mixture, it is judged as one row."""
    return isinstance(content, dict) and bool(content) and all(isinstance(values, list) for values in content.values())


def table(columns: Mapping[str, Sequence[Any]]) -> Table:
    """A row for each place in the lists. Raises UnreadableBody where these are not of one length, or empty."""
    if len(set(map(len, columns.values()))) > 1:
        lengths = ", ".join(f"{name[:40]} {len(values)}" for name, values in islice(columns.items(), _NAMED))
        more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
        raise UnreadableBody(f"the columns must have as many values as each other, and have: {lengths}{more}")
    if not next(iter(columns.values())):
        raise UnreadableBody("the columns are empty; at least one row is needed")
    return Table(columns)
