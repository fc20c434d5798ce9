"""Checks that a fitted estimator takes every value that its features allow."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from petalstream.features import Feature, Text
from petalstream.model.frames import to_frame
from petalstream.model.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError


def check_choices(estimator: Any, test: Dataset, definition: Definition) -> None:
    """Raise DefinitionError where the estimator fails on a choice or without a value that may be missing.

    The training part may contain neither.
    """
    for column, feature in enumerate(definition.inputs):
        values = dict(_values(feature))
        if _fault(estimator, test, definition, column, list(values.values())):
            for name, value in values.items():
                if error := _fault(estimator, test, definition, column, [value]):
                    raise DefinitionError(f"the estimator fails where {feature.name} is {name}: {error}") from error


def _values(feature: Feature) -> Iterator[tuple[str, float]]:
    """Yield each choice with its code, and NaN if a value may be missing."""
    yield from ((choice, float(code)) for code, choice in enumerate(feature.options))
    if feature.optional:
        yield "missing", np.nan


def _fault(estimator: Any, test: Dataset, definition: Definition, column: int, values: list[float]) -> Exception | None:
    """Return what the estimator raises for a sample with each of these values in a column."""
    if not values:
        return None
    feature, samples = definition.inputs[column], test.inputs.at([0] * len(values))
    samples.matrix[:, column] = values
    if isinstance(feature, Text):
        samples = replace(samples, texts={**samples.texts, feature.name: [""]})
    try:
        infer(estimator, to_frame(definition.inputs, samples), len(definition.labels))
    except Exception as error:  # a user's estimator may raise anything
        return error
    return None
