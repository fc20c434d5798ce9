"""Splits a data set at random into training, validation and test part (3:1:1)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from services.trainer.data.dataset import Dataset


@dataclass(frozen=True)
class Parts:
    """Training (three fifths), validation and test (one fifth each)."""

    training: Dataset
    validation: Dataset
    test: Dataset

    @cached_property
    def held_out(self) -> Dataset:
        """Return validation and test part together."""
        return self.validation.joined(self.test)


def split(dataset: Dataset, strata: NDArray[Any] | None, seed: int) -> Parts:
    """Return the three parts; the same `seed` gives the same parts. Each has the same share of each of the `strata`."""
    rows = np.arange(len(dataset))
    training, rest = train_test_split(rows, train_size=3 / 5, stratify=strata, random_state=seed)
    of_rest = None if strata is None else strata[rest]
    validation, test = train_test_split(rest, train_size=1 / 2, stratify=of_rest, random_state=seed)
    return Parts(dataset.part(training), dataset.part(validation), dataset.part(test))
