"""Converts an estimator to ONNX and compares the predictions: a model that differs is not published."""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.graph import Graph
from petalstream.inference import ModelOutput, infer
from services.trainer.conversion import onnx_model
from services.trainer.conversion.comparison_rows import make_comparison_rows
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
            content = onnx_model.convert(estimator, len(definition.inputs))
            rows = make_comparison_rows(estimator, dataset, definition, seed)
            difference = compare(estimator, content, rows)
    except Exception as error:  # converters raise anything; the api then serves the model with scikit-learn
        log.debug("%s is not converted", name, exc_info=True)
        reason = f"{type(error).__name__}: {shorten(str(error), MAX_ERROR_LENGTH)}"
        print(f"{name}: served by scikit-learn: {reason}", flush=True)
        return None
    within = f"probabilities within {TOLERANCE:g} of scikit-learn's on {len(rows):,} rows"
    print(f"{name}: converted to ONNX, {within}", flush=True)
    facts = {"largest_difference": difference, "rows_compared": len(rows), "opset": onnx_model.OPSETS[""]}
    return ConvertedModel(content, {"tolerance": TOLERANCE, **facts})


def compare(estimator: Any, content: bytes, rows: NDArray[np.float64]) -> float:
    """Return the largest difference of a probability over `rows`, of shape (n, inputs).

    Raises Disagreement if it is above TOLERANCE or if any label or vote differs.
    """
    ours, theirs = Graph(content).infer(rows), infer(estimator, rows)
    if (ours.votes is None) != (theirs.votes is None):
        raise Disagreement("only one of the two tells votes")
    differing = int((_labels_and_votes(ours) != _labels_and_votes(theirs)).any(axis=1).sum())
    if differing:
        raise Disagreement(f"the labels of {differing:,} of {len(rows):,} rows differ from scikit-learn's")
    differences = np.abs(ours.probabilities - theirs.probabilities)
    if not (differences <= TOLERANCE).all():
        raise Disagreement(f"a probability differs by {differences.max():.3g} from scikit-learn's")
    return float(differences.max())


def _labels_and_votes(output: ModelOutput) -> NDArray[np.int64]:
    """Return the position of each row's label and of each vote, of shape (n, 1 + voters)."""
    return np.column_stack([output.classes] if output.votes is None else [output.classes, output.votes])
