"""What a file in models/ says of its model."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.schema import Feature
from services.trainer import models


@dataclass(frozen=True)
class Definition:
    """A model to be trained: which CSV, which columns, which estimator and the grid to search for its parameters.

    `labels` gives the values of the column `target`; `grid` is a parameter grid as scikit-learn takes it.
    """

    csv: str
    features: Sequence[Feature]
    target: str
    labels: Sequence[str]
    estimator: Any
    grid: Mapping[str, Sequence[Any]]


def defined_names() -> list[str]:
    """The names of all models that have a file in models/."""
    return sorted(module.name for module in pkgutil.iter_modules(models.__path__))


def definition(name: str) -> Definition:
    """The definition of the model `name`, one of defined_names()."""
    module = importlib.import_module(f"{models.__name__}.{name}")
    found: Definition = module.MODEL
    return found
