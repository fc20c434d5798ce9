"""The rows on which an ONNX model is compared with scikit-learn."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.inference import last_step, steps_before
from petalstream.schema import Feature
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

DRAWN = 20_000
MAX_THRESHOLDS = 10_000
# Far beyond any data, but finite in 32 bits even after scaling: scikit-learn's trees require that.
EXTREME = 1e30
_EXTREMES = DRAWN // 100


def make_comparison_rows(estimator: Any, dataset: Dataset, definition: Definition, seed: int) -> NDArray[np.float64]:
    """Return rows of shape (n, inputs): all samples, DRAWN random rows and some at each threshold of a tree.

    At most MAX_THRESHOLDS thresholds are taken. The features allow all values in the rows.
    """
    random = np.random.default_rng(seed)
    columns = zip(definition.inputs, dataset.samples.T, strict=True)
    drawn = np.column_stack([_drawn(feature, seen, random) for feature, seen in columns])
    return np.concatenate([dataset.samples, drawn, _at_thresholds(estimator, dataset, definition, random)])


def _drawn(feature: Feature, seen: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return DRAWN values of one input: half from the data, half from a range a quarter wider each way, 1% extreme."""
    if choices := len(feature.options):
        return random.integers(choices, size=DRAWN).astype(np.float64)
    margin = (seen.max() - seen.min()) / 4 or 1.0
    values = random.uniform(seen.min() - margin, seen.max() + margin, DRAWN)
    values = np.where(random.random(DRAWN) < 1 / 2, random.choice(seen, DRAWN), values)
    values[random.choice(DRAWN, _EXTREMES)] = random.choice([-EXTREME, 0.0, EXTREME], _EXTREMES)
    return _allowed(feature, values)


def _allowed(feature: Feature, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.round(values) if feature.is_whole else values, *feature.bounds)


def _at_thresholds(
    estimator: Any, dataset: Dataset, definition: Definition, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return samples with one input changed to a threshold of a tree, or to its neighbours in 32 and 64 bits."""
    numbers = [column for column, feature in enumerate(definition.inputs) if not feature.options]
    found = [
        (column, threshold)
        for feature, threshold in set(_thresholds(last_step(estimator)))
        # After other steps of a Pipeline, a tree's inputs are not those of the samples: try all.
        for column in ([feature] if not steps_before(estimator) else numbers)
        if column in numbers
    ]
    if len(found) > MAX_THRESHOLDS:
        found = [found[position] for position in random.choice(len(found), MAX_THRESHOLDS, replace=False)]
    rows = []
    for column, threshold in sorted(found):
        beside = _allowed(definition.inputs[column], _beside(threshold))
        near = dataset.samples[random.integers(len(dataset.samples), size=len(beside))]
        near[:, column] = beside
        rows.append(near)
    return np.concatenate(rows) if rows else dataset.samples[:0]


def _beside(threshold: float) -> NDArray[np.float64]:
    """Return a threshold, its neighbours in 32 and 64 bits, and the whole numbers below and above."""
    rounded = np.float32(threshold)
    ends = (-np.inf, np.inf)
    near = [np.nextafter(threshold, end) for end in ends] + [np.nextafter(rounded, np.float32(end)) for end in ends]
    return np.array([threshold, rounded, *near, np.floor(threshold), np.ceil(threshold)], np.float64)


def _thresholds(estimator: Any) -> Iterator[tuple[int, float]]:
    """Yield input and threshold of each inner node of the trees in the estimator."""
    if hasattr(estimator, "tree_"):
        inner = estimator.tree_.children_left != -1
        yield from zip(estimator.tree_.feature[inner].tolist(), estimator.tree_.threshold[inner].tolist(), strict=True)
    for member in getattr(estimator, "estimators_", []):
        for each in member if isinstance(member, np.ndarray) else [member]:
            yield from _thresholds(each)
