"""Golden rows: samples with the predictions of training, which the api compares before it serves a version."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Feature
from petalstream.model.golden import describe_output
from petalstream.model.inference import infer
from petalstream.model.outputs import ModelOutput, NumberOutput
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

# So many at least, if there are rows, and at most: a column of a thousand choices needs no thousand rows.
FEWEST, MOST = 5, 100
Candidates = Iterator[NDArray[np.int64]]


def predict_golden_rows(estimator: Any, samples: Dataset, definition: Definition) -> list[dict[str, Any]]:
    """Return some of the samples, each with what is predicted; a missing value is left out.

    There is a sample of each label, of each choice and without each value that may be missing, and those at the edges:
    where two labels are almost as likely, or with the least and the greatest number.
    """
    output = infer(estimator, samples.frame, len(definition.labels))
    rows = choose_rows(samples, definition, output)
    names = [feature.name for feature in definition.columns]
    chosen = infer(estimator, samples.frame.iloc[rows], len(definition.labels))
    return [
        {"features": {name: value for name, value in zip(names, row, strict=True) if value is not None}, **prediction}
        for row, prediction in zip(
            samples.values[rows].tolist(), describe_output(definition.labels, chosen), strict=True
        )
    ]


def choose_rows(samples: Dataset, definition: Definition, output: ModelOutput) -> list[int]:
    """Return the positions of the golden rows, at most MOST, given the predictions for all samples."""
    chosen = dict.fromkeys(_one_of_each(samples, definition))
    for candidates in (*_boundaries(output), *_of_inputs(samples, definition)):
        if len(candidates) and chosen.keys().isdisjoint(candidates.tolist()):
            chosen[int(candidates[0])] = None
    chosen.update(dict.fromkeys(range(min(FEWEST, len(samples))) if len(chosen) < FEWEST else ()))
    return list(chosen)[:MOST]


def _one_of_each(samples: Dataset, definition: Definition) -> list[int]:
    """Return the first sample of each label, in the order in which they come."""
    firsts = [np.flatnonzero(samples.targets == code)[:1] for code in range(len(definition.labels))]
    return sorted(int(row) for first in firsts for row in first)


def _boundaries(output: ModelOutput) -> Candidates:
    """Yield the sample that comes next to another answer, or those with the least and the greatest number."""
    if isinstance(output, NumberOutput):
        yield np.argsort(output.numbers, kind="stable")[:1]
        yield np.argsort(-output.numbers, kind="stable")[:1]
    elif output.probabilities.size:
        second, best = np.sort(output.probabilities, axis=1)[:, -2:].T
        yield np.argsort(best - second, kind="stable")[:1]


def _of_inputs(samples: Dataset, definition: Definition) -> Candidates:
    """Yield the samples with each choice, and those without each value that may be missing."""
    for column, feature in enumerate(definition.columns):
        if feature.used:
            yield from _of_values(feature, samples.values[:, column])


def _of_values(feature: Feature, values: NDArray[np.object_]) -> Candidates:
    is_missing = np.array([value is None for value in values.tolist()], dtype=bool)
    if feature.options:
        codes = np.array([-1 if value is None else int(feature.encode(value)) for value in values.tolist()])
        yield from (np.flatnonzero(codes == code) for code in range(len(feature.options)))
    if feature.optional:
        yield np.flatnonzero(is_missing)
