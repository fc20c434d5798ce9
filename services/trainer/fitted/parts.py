"""The parts of rows that a model has never seen, since it was fitted elsewhere."""

from functools import cached_property
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Definition

# Of a model of numbers: the rows that its intervals are made from.
CALIBRATION = 1 / 4


class UnseenParts(Parts):
    """Parts of which none was used for the fit: `training` has all rows, for their distributions."""

    @cached_property
    def held_out(self) -> Dataset:
        """Return all rows."""
        return self.training


def unseen_parts(samples: Dataset, definition: Definition, seed: int) -> UnseenParts:
    """Return the parts: labels are tested on all rows; of numbers a quarter calibrates, and the rest tests."""
    if definition.labels:
        return UnseenParts(samples, samples, samples)
    calibration: Any
    calibration, test = train_test_split(np.arange(len(samples)), train_size=CALIBRATION, random_state=seed)
    return UnseenParts(samples, samples.part(calibration), samples.part(test))
