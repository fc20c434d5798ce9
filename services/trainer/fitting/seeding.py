"""Makes estimators that draw at random draw the same each time."""

import random
from typing import Any

import numpy as np
from sklearn.base import clone

RANDOM_STATE = "random_state"


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone of the estimator with `seed` as each random_state that is None, in its parts too.

    Estimators that draw from the generators of Python and NumPy instead are seeded by `seed_everything`.
    """
    parameters = estimator.get_params(deep=True)
    unset = [name for name, value in parameters.items() if value is None and name.rpartition("__")[2] == RANDOM_STATE]
    return clone(estimator).set_params(**dict.fromkeys(unset, seed))


def seed_everything(seed: int) -> None:
    """Seed the generators of this process that an estimator without random_state may draw from."""
    random.seed(seed)
    np.random.seed(seed)
