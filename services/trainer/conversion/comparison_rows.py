"""The rows on which an ONNX model is compared with scikit-learn: near the training data, and far from them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Feature
from petalstream.model.inference import last_step, steps_before
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

DRAWN = 20_000
MAX_THRESHOLDS = 10_000
FAR = 1_000
# Up to so many times the range of the training data is near.
NEAR_RANGES = 10
# Far beyond any data, but finite in 32 bits even after scaling: scikit-learn's trees require that.
EXTREME = 1e30


def make_comparison_rows(estimator: Any, dataset: Dataset, definition: Definition, seed: int) -> NDArray[np.float64]:
    """Return rows of shape (n, inputs): all samples, DRAWN random rows and some at each threshold of a tree.

    At most MAX_THRESHOLDS thresholds are taken. The features allow all values in the rows.
    """
    random = np.random.default_rng(seed)
    samples = dataset.inputs.matrix
    columns = zip(definition.inputs, samples.T, strict=True)
    drawn = np.column_stack([_drawn(feature, seen, random) for feature, seen in columns])
    return np.concatenate([samples, drawn, _at_thresholds(estimator, dataset, definition, random)])


def make_far_rows(dataset: Dataset, definition: Definition, seed: int) -> NDArray[np.float64]:
    """Return samples, in each of which one number lies more than NEAR_RANGES times the range of the data outside it.

    The shape is (FAR, inputs), or (0, inputs) if no feature allows such numbers.
    """
    random = np.random.default_rng(seed)
    samples = dataset.inputs.matrix
    changed = [column for column, feature in enumerate(definition.inputs) if not feature.options]
    rows = samples[random.integers(len(samples), size=FAR * bool(changed))]
    far = np.zeros(len(rows), bool)
    for position, column in enumerate(random.choice(changed, len(rows)) if changed else []):
        feature, seen = definition.inputs[column], samples[:, column][~np.isnan(samples[:, column])]
        near = NEAR_RANGES * (float(np.ptp(seen)) or 1.0)
        value = random.choice([-1, 1]) * random.choice([EXTREME, 2 * near, 1000 * near])
        rows[position, column] = _allowed(feature, np.array([value]))[0]
        far[position] = not seen.min() - near <= rows[position, column] <= seen.max() + near
    return rows[far]


def _drawn(feature: Feature, seen: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return DRAWN values of one input: half from the data, half from a range a quarter wider each way."""
    if choices := len(feature.options):
        return _with_missing(feature, random.integers(choices, size=DRAWN).astype(np.float64), random)
    seen = seen[~np.isnan(seen)]
    margin = (seen.max() - seen.min()) / 4 or 1.0
    values = random.uniform(seen.min() - margin, seen.max() + margin, DRAWN)
    values = np.where(random.random(DRAWN) < 1 / 2, random.choice(seen, DRAWN), values)
    return _with_missing(feature, _allowed(feature, values), random)


def _with_missing(feature: Feature, values: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return the values, of which a tenth are missing if they may be."""
    return np.where(random.random(len(values)) < 1 / 10, np.nan, values) if feature.optional else values


def _allowed(feature: Feature, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.round(values) if feature.is_whole else values, *feature.bounds)


def _at_thresholds(
    estimator: Any, dataset: Dataset, definition: Definition, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return samples with one input changed to a threshold of a tree, or to its neighbours in 32 and 64 bits."""
    numbers = [column for column, feature in enumerate(definition.inputs) if not feature.options]
    found = [
        (column, threshold)
        for feature, threshold in set(_thresholds(estimator))
        for column in (numbers if feature is None else [feature])
        if column in numbers
    ]
    if len(found) > MAX_THRESHOLDS:
        found = [found[position] for position in random.choice(len(found), MAX_THRESHOLDS, replace=False)]
    rows = []
    for column, threshold in sorted(found):
        beside = _allowed(definition.inputs[column], _beside(threshold))
        near = dataset.inputs.matrix[random.integers(len(dataset), size=len(beside))]
        near[:, column] = beside
        rows.append(near)
    return np.concatenate(rows) if rows else dataset.inputs.matrix[:0]


def _beside(threshold: float) -> NDArray[np.float64]:
    """Return a threshold, its neighbours in 32 and 64 bits, and the whole numbers below and above."""
    rounded = np.float32(threshold)
    ends = (-np.inf, np.inf)
    near = [np.nextafter(threshold, end) for end in ends] + [np.nextafter(rounded, np.float32(end)) for end in ends]
    return np.array([threshold, rounded, *near, np.floor(threshold), np.ceil(threshold)], np.float64)


def _thresholds(estimator: Any, takes_samples: bool = True) -> Iterator[tuple[int | None, float]]:
    """Yield input and threshold of each inner node of the trees in the estimator, None for an input in doubt."""
    last = last_step(estimator)
    takes_samples = takes_samples and not steps_before(estimator)
    for feature, threshold in chain(_of_tree(last), _of_histograms(last)):
        yield feature if takes_samples and getattr(last, "_preprocessor", None) is None else None, threshold
    takes_samples = takes_samples and not hasattr(last, "estimators_features_")
    for member in _members(last):
        yield from _thresholds(member, takes_samples)


def _of_tree(estimator: Any) -> Iterator[tuple[int, float]]:
    if hasattr(estimator, "tree_"):
        inner = estimator.tree_.children_left != -1
        yield from zip(estimator.tree_.feature[inner].tolist(), estimator.tree_.threshold[inner].tolist(), strict=True)


def _of_histograms(estimator: Any) -> Iterator[tuple[int, float]]:
    for nodes in (tree.nodes for turn in getattr(estimator, "_predictors", []) for tree in turn):
        asks = (nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0)
        yield from zip(nodes["feature_idx"][asks].tolist(), nodes["num_threshold"][asks].tolist(), strict=True)


def _members(estimator: Any) -> Iterator[Any]:
    """Yield the fitted estimators of which another is made."""
    for members in (getattr(estimator, "estimators_", []), getattr(estimator, "calibrated_classifiers_", [])):
        yield from members.ravel() if isinstance(members, np.ndarray) else members
    for name in ("estimator_", "estimator"):
        inner = getattr(estimator, name, None)
        if inner is not None and any(attribute.endswith("_") for attribute in vars(inner)):
            yield inner
            return
