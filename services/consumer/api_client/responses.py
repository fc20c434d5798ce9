"""Reads the api's response to a batch, which has one column for each part of a prediction."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from services.consumer.api_client.columns import ForeignResponse, read_lists, require
from services.consumer.api_client.labels import read_labels
from services.consumer.api_client.numbers import read_numbers

__all__ = ["ForeignResponse", "RowResult", "parse", "row_results"]

# A prediction, or {"errors": [...]}.
RowResult = Mapping[str, Any]


def parse(body: bytes) -> Any:
    """Parse a JSON body; None if it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body)  # orjson rejects a lone surrogate, which an error may repeat from a row
    except (ValueError, RecursionError):
        return None


def row_results(content: Any, count: int) -> list[RowResult]:
    """Return the results of `count` rows, in order, from a parsed response in columns. Raises ForeignResponse.

    A prediction has `model`, `version`, what labels.py or numbers.py reads, `warnings`, and `unused` if the response
    has it.
    """
    require(isinstance(content, dict) and content.get("rows") == count)
    errors, warnings = read_lists(content.get("errors"), count), read_lists(content.get("warnings"), count)
    unused = read_lists(content.get("unused", {}), count)
    require(all(each and all(isinstance(error, dict) for error in each) for each in errors.values()))
    common = {"model": content.get("model"), "version": content.get("version")}
    require(all(isinstance(text, str) for text in common.values()))
    valid = [row for row in range(count) if row not in errors] if errors else range(count)
    predictions = (read_labels if "label" in content else read_numbers)(content, count, valid, common)
    for row, prediction in zip(valid, predictions, strict=True) if warnings or unused else ():
        prediction["warnings"] = warnings.get(row, [])
        if row in unused:
            prediction["unused"] = unused[row]
    remaining = iter(predictions)
    return [{"errors": errors[row]} if row in errors else next(remaining) for row in range(count)]
