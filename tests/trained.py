"""The three models for tests, trained in seconds from grids of one candidate each.

Iris and the penguins have the candidates that the full search chooses. The forests of
heart failure have 10 trees instead of 100.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.trainer.definition import Definition
from services.trainer.models import load_definition
from services.trainer.training import train_definition

TRAIN_SECONDS = 300
CANDIDATES: Mapping[str, Mapping[str, Any]] = {
    "iris": {
        "classify__C": 1.0,
        "classify__max_iter": 200,
        "classify__class_weight": None,
        "classify__solver": "lbfgs",
    },
    "heart_failure": {
        "decision_tree__criterion": "entropy",
        "decision_tree__max_depth": None,
        "decision_tree__min_samples_leaf": 10,
        "random_forest__n_estimators": 10,
        "random_forest__max_depth": None,
        "random_forest__min_samples_leaf": 3,
        "random_forest__max_features": 0.5,
        "extra_trees__n_estimators": 10,
        "extra_trees__max_depth": None,
        "extra_trees__min_samples_leaf": 5,
        "extra_trees__max_features": "sqrt",
    },
    "penguins": {"predict__alpha": 0.1},
}


def quick_definition(name: str) -> Definition:
    """The definition of `name` with a grid of one candidate, from which training takes seconds."""
    return replace(load_definition(name), grid={key: [value] for key, value in CANDIDATES[name].items()})


def train_quickly(settings: Settings, name: str) -> Bundle:
    """Train and publish `name` from its quick definition, with everything but the search as in production."""
    return train_definition(settings, name, quick_definition(name))


def trained_once(models_dir: Path, name: str) -> Bundle:
    """The bundle of `name` in a folder that all pytest processes of a run share; the first to ask trains it."""
    with FileLock(models_dir.with_suffix(".lock"), timeout=TRAIN_SECONDS):
        if not (models_dir / name).exists():
            train_quickly(Settings(models_dir=models_dir), name)
        return bundle.current(models_dir, name)
