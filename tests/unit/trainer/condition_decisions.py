"""Decisions on made-up predictions."""

from dataclasses import replace
from typing import Any

import numpy as np

from services.trainer.conditions.deciding import decide
from services.trainer.conditions.decisions import Decision
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Condition, Definition
from tests.unit.trainer.condition_rates import Echo
from tests.unit.trainer.datasets import make_dataset


def predicted(definition: Definition, true: Any, predictions: Any) -> Dataset:
    """Samples for which an echo predicts these."""
    return make_dataset(definition, np.asarray(predictions, dtype=float)[:, np.newaxis], np.asarray(true))


def decided(
    definition: Definition, true: Any, predictions: Any, *conditions: Condition, least: float = 0.0
) -> list[Decision]:
    """The decisions on the conditions, the training part having the same targets."""
    samples = predicted(definition, true, predictions)
    return decide(replace(definition, publish_if=conditions), least, Echo(), samples, samples, seed=0)


def right(rows: int, count: int) -> tuple[list[int], list[int]]:
    """So many labels, one in two of them yes, of which `count` are predicted right."""
    true = [row % 2 for row in range(rows)]
    return true, [label if row < count else 1 - label for row, label in enumerate(true)]


def both_labels(no: tuple[int, int], yes: tuple[int, int]) -> tuple[list[int], list[int]]:
    """Labels and predictions, given how many of each are right and wrong."""
    true = [0] * sum(no) + [1] * sum(yes)
    return true, [0] * no[0] + [1] * no[1] + [1] * yes[0] + [0] * yes[1]
