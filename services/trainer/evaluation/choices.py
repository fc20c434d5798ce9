"""Checks that a fitted estimator takes every choice that its features allow."""

from typing import Any

from petalstream.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError


def check_choices(estimator: Any, test: Dataset, definition: Definition) -> None:
    """Raise DefinitionError where the estimator fails on a choice, which the training part may not contain."""
    for column, feature in enumerate(definition.inputs):
        for code, choice in enumerate(feature.options):
            sample = test.samples[:1].copy()
            sample[0, column] = code
            try:
                infer(estimator, sample)
            except ValueError as error:
                raise DefinitionError(f"the estimator fails where {feature.name} is {choice}: {error}") from error
