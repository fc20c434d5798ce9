"""How well predictions agree with what was expected of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from petalstream.intervals import wilson
from petalstream.messages import ReceivedRecord
from petalstream.readable import finite_number, readable

DIGITS = 3


def accuracy(predictions: Sequence[ReceivedRecord]) -> float | None:
    """Return the share of right labels among the predictions whose true label is known, None if there are none."""
    right = _right(predictions)
    return sum(right) / len(right) if right else None


def accuracy_interval(predictions: Sequence[ReceivedRecord]) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of the accuracy, None without one or if the key of a row is there twice.

    A row that was sent again says nothing new.
    """
    right = _right(predictions)
    if not right or _has_repeats(predictions):
        return None
    return wilson(sum(right), len(right))


def mean_absolute_error(predictions: Sequence[ReceivedRecord]) -> str:
    """Return the mean distance of predicted numbers from the true ones with its unit, empty if there are none.

    With it comes the 95 % interval of a percentile bootstrap, unless rows were sent again or are fewer than two.
    """
    numbers = [(found, finite_number(expected)) for found, expected in _known(predictions) if "value" in found]
    errors = [abs(found["value"] - true) for found, true in numbers if true is not None]
    if not errors:
        return ""
    unit = numbers[0][0]["unit"]
    mean = readable(sum(errors) / len(errors), unit, DIGITS)
    if len(errors) < 2 or _has_repeats(predictions):
        return mean
    found = bootstrap([errors], np.mean, method="percentile", rng=0).confidence_interval
    return f"{mean} (95% interval {readable(found.low, digits=DIGITS)} to {readable(found.high, unit, DIGITS)})"


def headers(record: ReceivedRecord) -> Mapping[str, str]:
    """Return the headers of a record as text."""
    return {name: value.decode(errors="replace") for name, value in record.headers if value is not None}


def _has_repeats(predictions: Sequence[ReceivedRecord]) -> bool:
    return len({record.key for record in predictions}) < len(predictions)


def _right(predictions: Sequence[ReceivedRecord]) -> list[bool]:
    """Return of each predicted label whose true one is known whether it is right."""
    return [found["label"] == expected for found, expected in _known(predictions) if "label" in found]


def _known(predictions: Sequence[ReceivedRecord]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for record in predictions:
        expected = headers(record).get("expected")
        if expected is not None:
            yield json.loads(record.value or b"")["prediction"], expected
