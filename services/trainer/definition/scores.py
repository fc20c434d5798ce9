"""The scores of scikit-learn: which are for numbers, and what they measure."""

import warnings

from sklearn.dummy import DummyRegressor
from sklearn.metrics import get_scorer


def scores_numbers(score: str) -> bool:
    """Return whether a score takes predicted numbers."""
    rows, numbers = [[0.0], [1.0], [2.0], [3.0]], [1.5, 2.5, 4.0, 8.5]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of scores of groups, which take whatever they are given
            get_scorer(score)(DummyRegressor().fit(rows, numbers), rows, numbers)
    except Exception:  # what it raises depends on the score
        return False
    return True


def measure(score: str) -> tuple[str, int]:
    """Return what a score measures, and -1 if it is the negative of that, as of every error, else 1."""
    measured = score.removeprefix("neg_")
    return measured, 1 if measured == score else -1
