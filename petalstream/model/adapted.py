"""An estimator that was fitted elsewhere, adapted to what trainer and api ask of one."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class Adapted:
    """Predicts the positions of labels, or numbers, with an estimator that was fitted elsewhere.

    `positions` has the position of each of the estimator's classes among the model's labels, and is empty for numbers.
    An estimator that `takes_matrix` was fitted without names of columns, and gets float64 of shape (n, inputs).
    """

    def __init__(self, estimator: Any, positions: Mapping[Any, int], takes_matrix: bool) -> None:
        self.estimator = estimator
        self.positions = dict(positions)
        self.takes_matrix = takes_matrix

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Return the position of each of the estimator's classes, in its order of the probabilities."""
        return np.array([self.positions[each] for each in self.estimator.classes_.tolist()], np.int64)

    @property
    def feature_names_in_(self) -> Any:
        """Return the names of the columns that the estimator was fitted on. Raises AttributeError without any."""
        return self.estimator.feature_names_in_

    @property
    def predict_proba(self) -> Any:
        """Return the function that gives probabilities. Raises AttributeError if the estimator has none."""
        give = self.estimator.predict_proba
        return lambda frame: give(self._rows(frame))

    def predict(self, frame: Any) -> NDArray[Any]:
        """Return the positions or numbers of n rows, of shape (n,). Raises KeyError for a class without a position."""
        found = np.asarray(self.estimator.predict(self._rows(frame)))
        if not self.positions:
            return found
        values, at = np.unique(found, return_inverse=True)
        return np.array([self.positions[each] for each in values.tolist()], np.int64)[at.ravel()]

    def fit(self, frame: Any, targets: Any) -> Self:
        """Do nothing: scikit-learn takes what has no `fit` for no estimator."""
        return self

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn asks: whether this is a classifier or a regressor."""
        return self.estimator.__sklearn_tags__()

    def _rows(self, frame: Any) -> Any:
        return frame.to_numpy(np.float64) if self.takes_matrix else frame
