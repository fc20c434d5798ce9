"""Reads predictions that are numbers from the columns of a response."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from services.consumer.api_client.columns import read_column, read_columns, require


def read_numbers(content: Mapping[str, Any], count: int, valid: Sequence[int], common: Mapping[str, Any]) -> list[Any]:
    """Return the predictions of the valid rows, each with what all have in `common`. Raises ForeignResponse."""
    numbers, unit = read_column(content.get("prediction"), count, valid), content.get("unit")
    require(isinstance(unit, str) and _are_finite(numbers))
    predictions = [{**common, "prediction": number, "unit": unit, "warnings": []} for number in numbers]
    if "interval" in content:
        bounds = read_columns(content["interval"], count, valid)
        require(bounds.keys() == {"lower", "upper"})
        for prediction, *interval in zip(predictions, bounds["lower"], bounds["upper"], strict=True):
            require(_are_finite(interval) and interval[0] <= interval[1])
            prediction["interval"] = interval
    return predictions


def _are_finite(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {float} and all(map(math.isfinite, values))
