"""The api's answer to a batch, which comes in columns: whether it is one, and what it says of each row."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

Answer = Mapping[str, Any]


class ForeignAnswer(ValueError):
    """This is not what our api answers, but something else at its address."""


def parsed(body: bytes) -> Any:
    """A body in JSON, None where it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body)  # orjson refuses a lone surrogate, which an error may repeat
    except (ValueError, RecursionError):
        return None


def by_row(content: Any, count: int) -> list[Answer]:
    """For each of `count` rows its prediction, or {"errors": [...]}, of an answer in columns. Raises ForeignAnswer.

    A prediction has `model`, `version`, `label`, `probabilities` and `warnings`, and `votes` and `unused` where the
    answer has them.
    """
    _require(isinstance(content, dict) and content.get("rows") == count)
    errors, warnings = _lists(content.get("errors"), count), _lists(content.get("warnings"), count)
    unused = _lists(content.get("unused", {}), count)
    _require(all(each and all(isinstance(error, dict) for error in each) for each in errors.values()))
    sound = [row for row in range(count) if row not in errors] if errors else range(count)
    predictions = _predictions(content, count, sound)
    for row, prediction in zip(sound, predictions, strict=True) if warnings or unused else ():
        prediction["warnings"] = warnings.get(row, [])
        if row in unused:
            prediction["unused"] = unused[row]
    following = iter(predictions)
    return [{"errors": errors[row]} if row in errors else next(following) for row in range(count)]


def _predictions(content: Mapping[str, Any], count: int, sound: Sequence[int]) -> list[dict[str, Any]]:
    """What the columns say of each sound row, without any warnings."""
    model, version = content.get("model"), content.get("version")
    _require(isinstance(model, str) and isinstance(version, str))
    labels = _column(content.get("label"), count, sound)
    shares = _columns(content.get("probabilities"), count, sound)
    votes = _columns(content.get("votes", {}), count, sound)
    _require(set(map(type, labels)) <= {str} and set(labels) <= shares.keys())
    _require(all(map(_are_shares, shares.values())))
    classes, voters = list(shares), list(votes)
    predictions = [
        {
            "model": model,
            "version": version,
            "label": label,
            "probabilities": dict(zip(classes, row, strict=True)),
            "warnings": [],
        }
        for label, row in zip(labels, zip(*shares.values(), strict=True), strict=True)
    ]
    if votes:
        for prediction, row in zip(predictions, zip(*votes.values(), strict=True), strict=True):
            prediction["votes"] = dict(zip(voters, row, strict=True))
    return predictions


def _lists(found: Any, count: int) -> dict[int, list[Any]]:
    """What is said of single rows, by their number."""
    _require(isinstance(found, dict) and all(isinstance(each, list) for each in found.values()))
    if not found:
        return {}
    numbers = {str(row): row for row in range(count)}
    _require(found.keys() <= numbers.keys())
    return {numbers[key]: each for key, each in found.items()}


def _columns(found: Any, count: int, sound: Sequence[int]) -> dict[str, list[Any]]:
    _require(isinstance(found, dict))
    return {name: _column(values, count, sound) for name, values in found.items()}


def _column(values: Any, count: int, sound: Sequence[int]) -> list[Any]:
    """The values of the sound rows; those of the others must be null."""
    _require(isinstance(values, list) and len(values) == count)
    _require(values.count(None) == count - len(sound))
    return [values[row] for row in sound] if len(sound) < count else values


def _are_shares(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {float} and all(0 <= share <= 1 for share in values)


def _require(kept: bool) -> None:
    if not kept:
        raise ForeignAnswer
