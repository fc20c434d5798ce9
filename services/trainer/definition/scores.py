"""The scores of scikit-learn: which are for numbers and which for labels, and what they measure."""

import warnings

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier


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


def scores_labels(score: str, count: int) -> bool:
    """Return whether a score takes predicted labels, which are one of `count`."""
    rows = np.repeat(np.arange(count), 3)[:, np.newaxis]
    labels = rows[:, 0].copy()
    labels[::3] = (labels[::3] + 1) % count  # no score is undefined where each label is predicted right and wrong
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            get_scorer(score)(DecisionTreeClassifier(random_state=0).fit(rows, labels), rows, labels)
    except Exception:  # what it raises depends on the score
        return False
    return not scores_numbers(score)


def measure(score: str) -> tuple[str, int]:
    """Return what a score measures, and -1 if it is the negative of that, as of every error, else 1."""
    measured = score.removeprefix("neg_")
    return measured, 1 if measured == score else -1
