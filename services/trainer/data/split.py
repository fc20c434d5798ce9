"""Splits a data set at random into training, validation and test part (3:1:1), stratified by class."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from services.trainer.data.dataset import Dataset


@dataclass(frozen=True)
class Parts:
    """Training (three fifths), validation and test (one fifth each)."""

    training: Dataset
    validation: Dataset
    test: Dataset


def split(dataset: Dataset, seed: int) -> Parts:
    """Return the three parts; the same `seed` gives the same parts."""
    rows = np.arange(len(dataset))
    training, rest = train_test_split(rows, train_size=3 / 5, stratify=dataset.codes, random_state=seed)
    validation, test = train_test_split(rest, train_size=1 / 2, stratify=dataset.codes[rest], random_state=seed)
    return Parts(dataset.part(training), dataset.part(validation), dataset.part(test))
