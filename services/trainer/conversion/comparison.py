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
from petalstream.model.golden import RELATIVE_TOLERANCE
from petalstream.model.graph import Graph
from petalstream.model.inference import infer
from petalstream.model.inputs import Inputs
from petalstream.model.outputs import ModelOutput, NumberOutput
from services.trainer.conversion import onnx_model
from services.trainer.conversion.comparison_rows import make_comparison_rows, make_far_rows
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition
from services.trainer.fitted.relabelling import convertible

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
    name: str, estimator: Any, dataset: Dataset, definition: Definition, tolerance: float, seed: int
) -> ConvertedModel | None:
    """Return the estimator as an ONNX model; if it cannot be converted or differs, print why and return None.

    `tolerance` is the largest allowed difference of a probability or number.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skl2onnx uses names that scikit-learn deprecates
            content = onnx_model.convert(convertible(estimator), definition.inputs)
            rows = make_comparison_rows(estimator, dataset, definition, seed)
            difference = compare(estimator, content, rows, definition, tolerance)
    except Exception as error:  # converters raise anything; the api then serves the model with scikit-learn
        log.debug("%s is not converted", name, exc_info=True)
        reason = f"{type(error).__name__}: {shorten(str(error), MAX_ERROR_LENGTH)}"
        print(f"{name}: served by scikit-learn: {reason}", flush=True)
        return None
    what = "probabilities" if definition.labels else "numbers"
    within = f"{what} within {tolerance:g} of scikit-learn's on {len(rows):,} rows"
    print(f"{name}: converted to ONNX, {within}", flush=True)
    far = make_far_rows(dataset, definition, seed)
    differing = count_differing(estimator, content, far, definition, tolerance)
    if differing:
        print(f"{name}: far from the training data {differing:,} of {len(far):,} rows differ", flush=True)
    facts = {"largest_difference": difference, "rows_compared": len(rows), "opset": onnx_model.OPSETS[""]}
    far_facts = {"far_rows_compared": len(far), "far_rows_differing": differing}
    return ConvertedModel(content, {**facts, **far_facts})


def compare(
    estimator: Any, content: bytes, rows: NDArray[np.float64], definition: Definition, tolerance: float
) -> float:
    """Return the largest difference of a probability or number over `rows`, of shape (n, inputs).

    Raises Disagreement if it is above `tolerance` or if any label or vote differs.
    """
    (ours, our_numbers), (theirs, their_numbers) = map(_parts, _infer_both(estimator, content, rows, definition))
    if ours.shape != theirs.shape:
        raise Disagreement("only one of the two tells votes")
    if differing := int((ours != theirs).any(axis=1).sum()):
        raise Disagreement(f"the labels of {differing:,} of {len(rows):,} rows differ from scikit-learn's")
    differences = np.abs(our_numbers - their_numbers)
    if not (differences <= tolerance).all():
        what = "probability" if definition.labels else "number"
        raise Disagreement(f"a {what} differs by {differences.max():.3g} from scikit-learn's")
    return float(differences.max(initial=0))


def count_differing(
    estimator: Any, content: bytes, rows: NDArray[np.float64], definition: Definition, tolerance: float
) -> int:
    """Return for how many rows the graph gives another label or vote, or a number that differs by the tolerance.

    Of a predicted number far from those of the training a share of it is tolerated too. All rows count if only one of
    the two can answer them.
    """
    if not len(rows):
        return 0
    try:
        with np.errstate(all="ignore"):
            (ours, our_numbers), (theirs, their_numbers) = map(
                _parts, _infer_both(estimator, content, rows, definition)
            )
    except Exception:  # scikit-learn refuses numbers that overflow, and ONNX Runtime goes on
        return len(rows)
    allowed = np.maximum(tolerance, RELATIVE_TOLERANCE * np.abs(their_numbers))
    same = (ours == theirs).all(axis=1) & (np.abs(our_numbers - their_numbers) <= allowed).all(axis=1)
    return int((~same).sum())


def _infer_both(
    estimator: Any, content: bytes, rows: NDArray[np.float64], definition: Definition
) -> tuple[ModelOutput, ModelOutput]:
    frame = to_frame(definition.inputs, Inputs(rows))
    return Graph(content).infer(rows), infer(estimator, frame, len(definition.labels))


def _parts(output: ModelOutput) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the labels and votes, of shape (n, 1 + voters), and the probabilities; or nothing and the numbers."""
    if isinstance(output, NumberOutput):
        return np.empty((len(output.numbers), 0), np.int64), output.numbers[:, np.newaxis]
    return np.column_stack(
        [output.classes] if output.votes is None else [output.classes, output.votes]
    ), output.probabilities
