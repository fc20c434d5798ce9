"""A transformer that is none of scikit-learn's: numbers beyond two bounds become the bounds."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class Clipped(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Clips numbers to what is between `least` and `most`."""

    def __init__(self, least: float = 0.0, most: float = 1.0) -> None:
        self.least, self.most = least, most

    def fit(self, samples: Any, labels: Any = None) -> Self:
        """Learn nothing."""
        self.is_fitted_ = True
        return self

    def transform(self, samples: Any) -> Any:
        """Return the numbers as an array."""
        return np.clip(np.asarray(samples, dtype=np.float64), self.least, self.most)
