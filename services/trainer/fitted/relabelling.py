"""A copy of an estimator that predicts positions, for the converter to ONNX."""

from copy import deepcopy
from typing import Any

import numpy as np

from petalstream.model.adapted import Adapted

_CLASSES = "classes_"


def convertible(estimator: Any) -> Any:
    """Return an adapted estimator as a copy whose classes are positions, and any other as it is.

    An estimator that keeps its classes elsewhere too gives a graph that differs: the comparison with the estimator
    finds that.
    """
    if not isinstance(estimator, Adapted):
        return estimator
    copied = deepcopy(estimator.estimator)
    if estimator.positions:
        _replace(copied, np.array(list(estimator.positions)), estimator.classes_, set())
    return copied


def _replace(found: Any, classes: Any, positions: Any, seen: set[int]) -> None:
    """Replace the classes in an object, and in whatever it is made of."""
    if id(found) in seen:
        return
    seen.add(id(found))
    if isinstance(found, dict):
        parts = list(found.values())
    elif isinstance(found, list | tuple) or (isinstance(found, np.ndarray) and found.dtype == object):
        parts = list(found)
    elif hasattr(found, "__dict__") and not isinstance(found, type):
        if np.array_equal(vars(found).get(_CLASSES, []), classes):
            found.classes_ = positions
        parts = list(vars(found).values())
    else:
        return
    for part in parts:
        _replace(part, classes, positions, seen)
