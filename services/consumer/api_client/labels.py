"""Reads predictions that are labels from the columns of a response."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.consumer.api_client.columns import by_row, read_column, read_columns, require


def read_labels(content: Mapping[str, Any], count: int, valid: Sequence[int], common: Mapping[str, Any]) -> list[Any]:
    """Return the predictions of the valid rows, each with what all have in `common`. Raises ForeignResponse."""
    labels = read_column(content.get("label"), count, valid)
    probabilities = read_columns(content.get("probabilities"), count, valid)
    votes = read_columns(content.get("votes", {}), count, valid)
    require(set(map(type, labels)) <= {str} and (not probabilities or set(labels) <= probabilities.keys()))
    require(all(map(_are_probabilities, probabilities.values())))
    classes, voters = list(probabilities), list(votes)
    predictions = [
        {**common, "label": label, "probabilities": dict(zip(classes, row, strict=True)), "warnings": []}
        for label, row in zip(labels, by_row(probabilities, len(valid)), strict=True)
    ]
    threshold = content.get("threshold", {})
    require(isinstance(threshold, dict) and _are_probabilities(list(threshold.values())))
    if threshold:
        for prediction in predictions:
            prediction["threshold"] = threshold
    if votes:
        for prediction, row in zip(predictions, zip(*votes.values(), strict=True), strict=True):
            prediction["votes"] = dict(zip(voters, row, strict=True))
    return predictions


def _are_probabilities(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {float} and all(0 <= value <= 1 for value in values)
