"""Reads rows in the shapes in which pandas, MLflow and TensorFlow Serving write data frames."""

from collections.abc import Mapping
from typing import Any

from petalstream.error_text import describe_json
from services.api.errors import UnreadableBody

# What MLflow and TensorFlow Serving put around rows, around columns, and around a split frame.
AROUND_ROWS, AROUND_COLUMNS, AROUND_SPLIT = ("instances", "dataframe_records", "inputs"), "inputs", "dataframe_split"
SPLIT = {"columns", "data", "index"}
ADVICE = 'write a data frame with to_json(orient="records"), orient="split" or, as application/x-ndjson, lines=True'


def unwrap(content: Any) -> Any:
    """Return rows or columns for a data frame that is known by its shape, and anything else as it is.

    No row has these shapes, since no feature's value is a list or an object. Raises UnreadableBody for a shape that
    could be read in two ways.
    """
    if not isinstance(content, dict):
        return content
    for name in AROUND_ROWS:
        if _has_any(list | dict, content.get(name)):
            return _unwrap_rows(name, content)
    for name in (AROUND_COLUMNS, AROUND_SPLIT):
        if isinstance(content.get(name), dict):
            _require_only(content, {name})
            return content[name] if name == AROUND_COLUMNS else _unwrap_split(content[name])
    if content.keys() >= {"columns", "data"} and (_has_any(list, content["data"]) or content["data"] == []):
        return _unwrap_split(content)
    if content.keys() >= {"schema", "data"}:
        raise UnreadableBody(f'the body has a schema and data, as to_json(orient="table") writes; {ADVICE}')
    if content and all(isinstance(value, dict) for value in content.values()):
        raise UnreadableBody(f"the body is an object of objects, as to_json() writes without an orient; {ADVICE}")
    return content


def _unwrap_rows(name: str, content: Mapping[str, Any]) -> Any:
    if not _has_any(dict, content[name]):
        raise UnreadableBody(f"the rows of {name} are lists, which name no features; {ADVICE}")
    _require_only(content, {name})
    return content[name]


def _unwrap_split(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    _require_only(content, SPLIT)
    columns, data = content.get("columns"), content.get("data")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise UnreadableBody("columns must be a list of the names of features")
    if len(set(columns)) < len(columns):
        raise UnreadableBody("columns has a name twice")
    if not isinstance(data, list) or not data or not isinstance(content.get("index", []), list):
        raise UnreadableBody("data must be a list with at least one row, and index a list")
    for number, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(columns):
            found = f"has {len(row)} values" if isinstance(row, list) else f"is {describe_json(row)}"
            raise UnreadableBody(f"row {number} of the data {found}, and columns has {len(columns)} names")
    return [dict(zip(columns, row, strict=True)) for row in data]


def _require_only(content: Mapping[str, Any], names: set[str]) -> None:
    if others := sorted(content.keys() - names):
        listed = ", ".join(map(repr, others))[:200]
        raise UnreadableBody(f"the body has {listed} beside {', '.join(sorted(names))}, and it is not read")


def _has_any(kind: Any, value: object) -> bool:
    """Return whether a value is a list with an element of this type."""
    return isinstance(value, list) and any(isinstance(element, kind) for element in value)
