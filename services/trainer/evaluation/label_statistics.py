"""Metrics of predicted labels, as functions of how often each row counts; scikit-learn's are the same of one sample."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.estimates import Statistic

Numbers = NDArray[np.float64]


def of_labels(true: NDArray[np.int64], predicted: NDArray[np.int64], label_count: int) -> dict[str, Statistic]:
    """Return the statistics of predicted labels; `true` and `predicted`, of shape (n,), are positions of labels."""
    labels = np.arange(label_count)
    is_true, is_predicted = (given[:, None] == labels for given in (true, predicted))
    return {
        "balanced_accuracy": partial(_balanced_accuracy, is_true, true == predicted),
        "matthews_correlation": partial(_matthews, is_true, is_predicted),
    }


def of_probabilities(true: NDArray[np.int64], probabilities: Numbers, positive: int) -> dict[str, Statistic]:
    """Return the statistics of probabilities of shape (n, labels).

    The areas are those of the label at position `positive` if there are two, else the mean over all labels, each
    against the rest. The Brier score of two labels is half the sum over both, as in scikit-learn.
    """
    label_count = probabilities.shape[1]
    is_true = true[:, None] == np.arange(label_count)
    ranked = [positive] if label_count == 2 else range(label_count)
    rankings = [(is_true[:, label], probabilities[:, label]) for label in ranked]
    given = probabilities[np.arange(len(true)), true]
    squares = ((probabilities - is_true) ** 2).sum(axis=1) / (2 if label_count == 2 else 1)
    # No probability is so small that the logarithm is infinite.
    logarithms = -np.log(np.maximum(given, np.finfo(np.float64).eps))
    return {
        "roc_auc": lambda counts: _mean(np.stack([_roc_auc(*each, counts) for each in rankings], axis=1)),
        "average_precision": lambda counts: _mean(np.stack([_precision(*each, counts) for each in rankings], axis=1)),
        "log_loss": lambda counts: counts @ logarithms / counts.sum(axis=1),
        "brier_score": lambda counts: counts @ squares / counts.sum(axis=1),
    }


def _balanced_accuracy(is_true: NDArray[np.bool_], is_right: NDArray[np.bool_], counts: Numbers) -> Numbers:
    return _mean(_ratio(counts @ (is_true & is_right[:, None]), counts @ is_true))


def _matthews(is_true: NDArray[np.bool_], is_predicted: NDArray[np.bool_], counts: Numbers) -> Numbers:
    """Return the correlation of several classes: Gorodkin, Computational Biology and Chemistry 28 (2004)."""
    rows, right = counts.sum(axis=1), counts @ (is_true & is_predicted).any(axis=1)
    of_true, of_predicted = counts @ is_true, counts @ is_predicted
    shared = right * rows - (of_true * of_predicted).sum(axis=1)
    spreads = (rows**2 - (of_true**2).sum(axis=1)) * (rows**2 - (of_predicted**2).sum(axis=1))
    # 0 where one label is always true or always predicted, as in scikit-learn.
    return np.nan_to_num(_ratio(shared, np.sqrt(spreads)))


def _roc_auc(positive: NDArray[np.bool_], scores: Numbers, counts: Numbers) -> Numbers:
    """Return how often a positive row has a higher score than another row; a tie counts one half."""
    found, others = _by_threshold(positive, scores, counts)
    total = others.sum(axis=1, keepdims=True)
    below = total - np.cumsum(others, axis=1) + others / 2
    return _ratio((found * below).sum(axis=1), found.sum(axis=1) * total[:, 0])


def _precision(positive: NDArray[np.bool_], scores: Numbers, counts: Numbers) -> Numbers:
    """Return the average precision: the mean, over the positive rows, of the precision at their score."""
    found, others = _by_threshold(positive, scores, counts)
    right, taken = np.cumsum(found, axis=1), np.cumsum(found + others, axis=1)
    return _ratio((found * right / np.maximum(taken, 1)).sum(axis=1), found.sum(axis=1))


def _by_threshold(positive: NDArray[np.bool_], scores: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return the numbers of positive rows and of others with each distinct score, the highest first."""
    order = np.argsort(-scores, kind="stable")
    begins = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
    ordered, is_positive = counts[:, order], positive[order]
    found = np.add.reduceat(ordered * is_positive, begins, axis=1)
    return found, np.add.reduceat(ordered, begins, axis=1) - found


def _mean(values: Numbers) -> Numbers:
    """Return the mean of those values of each row that are defined, NaN if none is."""
    is_defined = ~np.isnan(values)
    return _ratio(np.where(is_defined, values, 0.0).sum(axis=1), is_defined.sum(axis=1))


def _ratio(part: Numbers, whole: NDArray[np.float64 | np.int64]) -> Numbers:
    ratio = np.full(part.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
