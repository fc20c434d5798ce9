"""Converts an estimator to ONNX and compares the predictions: a model that differs is not published."""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.model.frames import to_frame
from petalstream.model.graph import Graph
from petalstream.model.inference import ModelOutput, infer
from petalstream.model.inputs import Inputs
from services.trainer.conversion import onnx_model
from services.trainer.conversion.comparison_rows import make_comparison_rows, make_far_rows
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

# The largest allowed difference of a probability. Rounding makes 1e-15 of it in 64 bits and 1e-7 in 32 bits.
TOLERANCE = 1e-6
MAX_ERROR_LENGTH = 160
log = logging.getLogger(__name__)


class Disagreement(Exception):
    """A converted model whose predictions differ from scikit-learn's."""


@dataclass(frozen=True)
class ConvertedModel:
    """An ONNX model, and the result of the comparison for the manifest."""

    content: bytes
    facts: Mapping[str, Any]


def convert_and_compare(
    name: str, estimator: Any, dataset: Dataset, definition: Definition, seed: int
) -> ConvertedModel | None:
    """Return the estimator as an ONNX model; if it cannot be converted or differs, print why and return None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skl2onnx uses names that scikit-learn deprecates
            content = onnx_model.convert(estimator, definition.inputs)
            rows = make_comparison_rows(estimator, dataset, definition, seed)
            difference = compare(estimator, content, rows, definition)
    except Exception as error:  # converters raise anything; the api then serves the model with scikit-learn
        log.debug("%s is not converted", name, exc_info=True)
        reason = f"{type(error).__name__}: {shorten(str(error), MAX_ERROR_LENGTH)}"
        print(f"{name}: served by scikit-learn: {reason}", flush=True)
        return None
    within = f"probabilities within {TOLERANCE:g} of scikit-learn's on {len(rows):,} rows"
    print(f"{name}: converted to ONNX, {within}", flush=True)
    far = make_far_rows(dataset, definition, seed)
    differing = count_differing(estimator, content, far, definition)
    if differing:
        print(f"{name}: far from the training data {differing:,} of {len(far):,} rows differ", flush=True)
    facts = {"largest_difference": difference, "rows_compared": len(rows), "opset": onnx_model.OPSETS[""]}
    far_facts = {"far_rows_compared": len(far), "far_rows_differing": differing}
    return ConvertedModel(content, {"tolerance": TOLERANCE, **facts, **far_facts})


def compare(estimator: Any, content: bytes, rows: NDArray[np.float64], definition: Definition) -> float:
    """Return the largest difference of a probability over `rows`, of shape (n, inputs).

    Raises Disagreement if it is above TOLERANCE or if any label or vote differs.
    """
    ours, theirs = _infer_both(estimator, content, rows, definition)
    if (ours.votes is None) != (theirs.votes is None):
        raise Disagreement("only one of the two tells votes")
    differing = int((_labels_and_votes(ours) != _labels_and_votes(theirs)).any(axis=1).sum())
    if differing:
        raise Disagreement(f"the labels of {differing:,} of {len(rows):,} rows differ from scikit-learn's")
    differences = np.abs(ours.probabilities - theirs.probabilities)
    if not (differences <= TOLERANCE).all():
        raise Disagreement(f"a probability differs by {differences.max():.3g} from scikit-learn's")
    return float(differences.max(initial=0))


def count_differing(estimator: Any, content: bytes, rows: NDArray[np.float64], definition: Definition) -> int:
    """Return for how many rows the graph gives another label or vote, or a probability that differs by TOLERANCE.

    All of them count if only one of the two can answer them.
    """
    if not len(rows):
        return 0
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            ours, theirs = _infer_both(estimator, content, rows, definition)
    except Exception:  # scikit-learn refuses numbers that overflow, and ONNX Runtime goes on
        return len(rows)
    same_labels = (_labels_and_votes(ours) == _labels_and_votes(theirs)).all(axis=1)
    same = same_labels & (np.abs(ours.probabilities - theirs.probabilities) <= TOLERANCE).all(axis=1)
    return int((~same).sum())


def _infer_both(
    estimator: Any, content: bytes, rows: NDArray[np.float64], definition: Definition
) -> tuple[ModelOutput, ModelOutput]:
    frame = to_frame(definition.inputs, Inputs(rows))
    return Graph(content).infer(rows), infer(estimator, frame, len(definition.labels))


def _labels_and_votes(output: ModelOutput) -> NDArray[np.int64]:
    """Return the position of each row's label and of each vote, of shape (n, 1 + voters)."""
    return np.column_stack([output.classes] if output.votes is None else [output.classes, output.votes])
