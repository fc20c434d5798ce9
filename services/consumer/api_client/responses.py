"""Reads the api's response to a batch, which has one column for each part of a prediction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

# A prediction, or {"errors": [...]}.
RowResult = Mapping[str, Any]


class ForeignResponse(ValueError):
    """The response is not one that the api writes: something else listens at its address."""


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

    A prediction has `model`, `version`, `label`, `probabilities` and `warnings`, and `votes`, `threshold` and `unused`
    if the response has them.
    """
    _require(isinstance(content, dict) and content.get("rows") == count)
    errors, warnings = _lists(content.get("errors"), count), _lists(content.get("warnings"), count)
    unused = _lists(content.get("unused", {}), count)
    _require(all(each and all(isinstance(error, dict) for error in each) for each in errors.values()))
    valid = [row for row in range(count) if row not in errors] if errors else range(count)
    predictions = _predictions(content, count, valid)
    for row, prediction in zip(valid, predictions, strict=True) if warnings or unused else ():
        prediction["warnings"] = warnings.get(row, [])
        if row in unused:
            prediction["unused"] = unused[row]
    remaining = iter(predictions)
    return [{"errors": errors[row]} if row in errors else next(remaining) for row in range(count)]


def _predictions(content: Mapping[str, Any], count: int, valid: Sequence[int]) -> list[dict[str, Any]]:
    """Return the predictions of the valid rows, without their warnings."""
    model, version = content.get("model"), content.get("version")
    _require(isinstance(model, str) and isinstance(version, str))
    labels = _column(content.get("label"), count, valid)
    probabilities = _columns(content.get("probabilities"), count, valid)
    votes = _columns(content.get("votes", {}), count, valid)
    _require(set(map(type, labels)) <= {str} and (not probabilities or set(labels) <= probabilities.keys()))
    _require(all(map(_are_probabilities, probabilities.values())))
    classes, voters = list(probabilities), list(votes)
    predictions = [
        {
            "model": model,
            "version": version,
            "label": label,
            "probabilities": dict(zip(classes, row, strict=True)),
            "warnings": [],
        }
        for label, row in zip(labels, _by_row(probabilities, len(valid)), strict=True)
    ]
    threshold = content.get("threshold", {})
    _require(isinstance(threshold, dict) and _are_probabilities(list(threshold.values())))
    if threshold:
        for prediction in predictions:
            prediction["threshold"] = threshold
    if votes:
        for prediction, row in zip(predictions, zip(*votes.values(), strict=True), strict=True):
            prediction["votes"] = dict(zip(voters, row, strict=True))
    return predictions


def _lists(content: Any, count: int) -> dict[int, list[Any]]:
    """Return the lists of an object whose keys are row numbers."""
    _require(isinstance(content, dict) and all(isinstance(each, list) for each in content.values()))
    if not content:
        return {}
    numbers = {str(row): row for row in range(count)}
    _require(content.keys() <= numbers.keys())
    return {numbers[key]: each for key, each in content.items()}


def _columns(content: Any, count: int, valid: Sequence[int]) -> dict[str, list[Any]]:
    _require(isinstance(content, dict))
    return {name: _column(values, count, valid) for name, values in content.items()}


def _by_row(columns: Mapping[str, list[Any]], count: int) -> Iterable[tuple[Any, ...]]:
    """Return the values of each row, none if there are no columns."""
    return zip(*columns.values(), strict=True) if columns else [()] * count


def _column(values: Any, count: int, valid: Sequence[int]) -> list[Any]:
    """Return the values of the valid rows; those of the others must be null."""
    _require(isinstance(values, list) and len(values) == count)
    _require(values.count(None) == count - len(valid))
    return [values[row] for row in valid] if len(valid) < count else values


def _are_probabilities(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {float} and all(0 <= value <= 1 for value in values)


def _require(condition: bool) -> None:
    if not condition:
        raise ForeignResponse
