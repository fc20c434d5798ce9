"""How good the predictions of the last hour are, where the truth is known."""

import math
from collections import Counter
from statistics import NormalDist

from petalstream.intervals import CONFIDENCE, wilson
from services.dashboard.snapshot import ClassRow, Quality, Residuals
from services.dashboard.statistics.bucket import OTHER, Bucket

Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
RESIDUAL_CLASSES = 11
# Of a confusion matrix, which has as many cells as the square of this.
MOST_LABELS = 20


def quality(total: Bucket, keys: int, unit: str) -> Quality | None:
    """Return the accuracy of labels or the mean absolute error of numbers; None where no truth is known.

    The interval is that of `keys` independent rows: Wilson's of a share; of a mean 1.96 standard errors either way.
    """
    if total.known:
        independent = max(1, min(total.known, keys))
        interval = wilson(total.right * independent / total.known, independent)
        return Quality("accuracy", total.right / total.known, *interval, total.known, independent)
    rows, absolute, squares, _ = total.errors
    if not rows:
        return None
    mean, independent = absolute / rows, max(1, min(rows, keys))
    if independent < 2:
        return Quality("mean_absolute_error", mean, None, None, rows, independent, unit)
    half = Z * math.sqrt(max(0.0, squares / rows - mean * mean) / (independent - 1))
    return Quality("mean_absolute_error", mean, max(0.0, mean - half), mean + half, rows, independent, unit)


def class_rows(total: Bucket, keys: int) -> tuple[ClassRow, ...]:
    """Return a row for each of the most frequent true labels, in alphabetical order, and one for all others."""
    shown, rows, right = set(_labels(total)), Counter[str](), Counter[str]()
    for (true, label), number in total.pairs.items():
        rows[true if true in shown else OTHER] += number
        right[true if true in shown else OTHER] += number if true == label != OTHER else 0
    scale = min(1.0, keys / max(1, rows.total()))
    found = []
    for label in sorted(rows, key=_others_last):
        independent = max(1.0, rows[label] * scale)
        low, high = wilson(independent * right[label] / rows[label], independent)
        found.append(ClassRow(label, rows[label], right[label], low, high))
    return tuple(found)


def confusion(total: Bucket) -> tuple[tuple[str, str, int], ...]:
    """Return true and predicted label and their number, with the most frequent labels and one for all others."""
    shown, pairs = set(_labels(total)), Counter[tuple[str, str]]()
    for (true, label), number in total.pairs.items():
        pairs[true if true in shown else OTHER, label if label in shown else OTHER] += number
    return tuple((*pair, pairs[pair]) for pair in sorted(pairs))


def _labels(total: Bucket) -> list[str]:
    """Return the most frequent labels, true or predicted."""
    counts = Counter[str]()
    for (true, label), number in total.pairs.items():
        counts[true] += number
        counts[label] += number
    del counts[OTHER]
    return [label for label, _ in counts.most_common(MOST_LABELS)]


def _others_last(label: str) -> tuple[bool, str]:
    return label == OTHER, label


def residuals(total: Bucket, unit: str) -> Residuals | None:
    """Return the mean residual and a histogram of some of them; None where no truth of a number is known."""
    rows, _, _, difference = total.errors
    if not rows:
        return None
    low, high = min(total.residuals), max(total.residuals)
    width = (high - low) / RESIDUAL_CLASSES or 1.0
    counts = [0] * RESIDUAL_CLASSES
    for residual in total.residuals:
        counts[min(RESIDUAL_CLASSES - 1, int((residual - low) / width))] += 1
    edges = tuple(low + index * width for index in range(RESIDUAL_CLASSES + 1))
    return Residuals(difference / rows, edges, tuple(counts), unit)
