"""What is to be seen in labelled samples, and what deserves a second look."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sklearn.compose import make_column_transformer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from petalstream.features import Category, Feature, Number, Text
from petalstream.readable import readable, readable_interval
from services.trainer.data.dataset import Dataset
from services.trainer.data.folds import folds
from services.trainer.definition import Definition
from services.trainer.definition.split import ALLOW

MAX_LINES, MAX_LABELS = 5, 10
# A label of more than this share of the rows, and an input that alone scores more than this, deserve a look.
MOST_OF_ALL, LEAK = 0.9, 0.99
# Of a column of whole numbers or choices.
NEARLY_UNIQUE = 0.95
FOLDS = 3


def describe_targets(samples: Dataset, definition: Definition) -> str:
    """Return how many rows have each label, the commonest first, or how large the numbers are."""
    column, target, targets = definition.target_column, definition.target, samples.targets
    if isinstance(target, Number):
        spread = readable_interval(targets.min(), targets.max(), target.unit)
        return f"{column} is {spread}, {readable(targets.mean(), target.unit)} on average"
    counts = Counter(samples.texts.tolist()).most_common()
    listed = ", ".join(f"{label} {count:,} ({count / len(samples):.0%})" for label, count in counts[:MAX_LABELS])
    return f"{column}: {listed}" + (f", and {len(counts) - MAX_LABELS} more" if len(counts) > MAX_LABELS else "")


def find_all(samples: Dataset, definition: Definition, seed: int) -> tuple[str, ...]:
    """Return a sentence on each thing that deserves a second look."""
    return (
        *find_duplicates(samples, definition),
        *find_poor_columns(samples, definition),
        *find_imbalance(samples, definition),
        *find_leaks(samples, definition, seed),
    )


def find_duplicates(samples: Dataset, definition: Definition) -> Iterator[str]:
    """Yield the rows that are there more than once, and those whose inputs have different targets."""
    used = [feature.used for feature in definition.columns]
    inputs = [
        tuple(value for value, is_used in zip(row, used, strict=True) if is_used) for row in samples.values.tolist()
    ]
    targets = dict[tuple[Any, ...], set[str]]()
    for row, text in zip(inputs, samples.texts.tolist(), strict=True):
        targets.setdefault(row, set()).add(text)
    counts = Counter(zip(inputs, samples.texts.tolist(), strict=True))
    if repeated := sum(count - 1 for count in counts.values()):
        lines = [line for line, row, text in _rows(samples, inputs) if counts[row, text] > 1]
        split = definition.split
        apart = split.duplicates == ALLOW or split.group
        where = "they may be in training and test part both" if apart else "each is in one part with it"
        yield f"{repeated} rows repeat another one; {where}: {_some(lines)}"
    if any(len(found) > 1 for found in targets.values()):
        lines = [line for line, row, _ in _rows(samples, inputs) if len(targets[row]) > 1]
        other = f"a different {definition.target_column}"
        yield f"{len(lines)} rows have the inputs of another row and {other}: {_some(lines)}"


def find_poor_columns(samples: Dataset, definition: Definition) -> Iterator[str]:
    """Yield the inputs with the same value in each row, and those with a different one in nearly each."""
    for column, feature in enumerate(definition.columns):
        values = [value for value in samples.values[:, column].tolist() if value is not None]
        distinct = len(set(values))
        if not feature.used or isinstance(feature, Text) or not values:
            continue
        if distinct == 1:
            yield f"{feature.name} is {feature.to_text(values[0])} in each row: nothing can be learned from it"
        elif isinstance(feature, Number) and all(low < high for low, high in pairwise(values)):
            yield f"{feature.name} rises from row to row: is it a number of the row, or a time?"
        elif distinct >= NEARLY_UNIQUE * len(values) and (feature.is_whole or _counts_rows(values)):
            said = f"{distinct:,} different values in {len(values):,} rows"
            yield f"{feature.name} has {said}: is it a number of the row?"


def _counts_rows(values: list[Any]) -> bool:
    """Return whether values are numbers as of rows: whole, and hardly further apart than there are rows."""
    are_whole = all(isinstance(value, int | float) and float(value).is_integer() for value in values)
    return are_whole and max(values) - min(values) < 2 * len(values)


def find_imbalance(samples: Dataset, definition: Definition) -> Iterator[str]:
    """Yield the share of the commonest label if nearly all rows have it."""
    (label, count), *_ = Counter(samples.texts.tolist()).most_common(1)
    if definition.labels and count > MOST_OF_ALL * len(samples):
        share = f"{count / len(samples):.0%}"
        yield (
            f"{share} of the rows are {label}, so that an accuracy of {share} is no merit; balanced_accuracy as scoring"
            " counts each label alike"
        )


def find_leaks(samples: Dataset, definition: Definition, seed: int) -> Iterator[str]:
    """Yield the inputs that alone tell the target almost without error, in a small tree."""
    divided = folds(samples, samples.targets if definition.labels else None, FOLDS, seed)
    tree, scoring = (
        (DecisionTreeClassifier, "balanced_accuracy") if definition.labels else (DecisionTreeRegressor, "r2")
    )
    for feature in definition.inputs:
        if isinstance(feature, Text):
            continue
        estimator = make_pipeline(_encoder(feature), tree(max_depth=4, random_state=seed))
        frame = samples.frame[[feature.name]]
        score = cross_val_score(estimator, frame, samples.targets, cv=divided, scoring=scoring).mean()
        if score > LEAK:
            found = f"{scoring.replace('_', ' ')} {score:.3f}"
            yield (
                f"{feature.name} alone tells {definition.target_column} ({found}): is it known when a prediction is"
                " asked for?"
            )


def _encoder(feature: Feature) -> Any:
    if isinstance(feature, Category):
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-2, encoded_missing_value=-1)
        return make_column_transformer((encoder, [feature.name]))
    return "passthrough"


def _rows(samples: Dataset, inputs: list[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...], str]]:
    yield from zip(samples.lines.tolist(), inputs, samples.texts.tolist(), strict=True)


def _some(lines: list[int]) -> str:
    listed = ", ".join(map(str, sorted(lines)[:MAX_LINES]))
    return f"lines {listed}" + (" and others" if len(lines) > MAX_LINES else "")
