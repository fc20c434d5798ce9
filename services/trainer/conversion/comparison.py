"""Whether a converted model is the one that was trained; only then is it published."""

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
from services.trainer.conversion.comparison_rows import probes
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

# Most by which a probability may differ: in 64 bits rounding makes 1e-15 of it, in 32 bits 1e-7.
TOLERANCE = 1e-6
MOST_WORDS = 160
log = logging.getLogger(__name__)


class Disagreement(Exception):
    """A converted model that answers otherwise than scikit-learn does."""


@dataclass(frozen=True)
class Converted:
    """A model for ONNX Runtime, and what the manifest says of how it was compared."""

    content: bytes
    facts: Mapping[str, Any]


def converted(name: str, estimator: Any, dataset: Dataset, definition: Definition, seed: int) -> Converted | None:
    """The estimator for ONNX Runtime; None, and the reason printed, where it does not convert or answers otherwise."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skl2onnx still uses what scikit-learn is to rename
            content = onnx_model.convert(estimator, len(definition.inputs))
            rows = probes(estimator, dataset, definition, seed)
            difference = compare(estimator, content, rows)
    except Exception as error:  # converters raise anything, and scikit-learn serves what they cannot convert
        log.debug("%s is not converted", name, exc_info=True)
        print(f"{name}: served by scikit-learn: {type(error).__name__}: {shorten(str(error), MOST_WORDS)}", flush=True)
        return None
    within = f"probabilities within {TOLERANCE:g} of scikit-learn's on {len(rows):,} rows"
    print(f"{name}: converted to ONNX, {within}", flush=True)
    facts = {"largest_difference": difference, "rows_compared": len(rows), "opset": onnx_model.OPSETS[""]}
    return Converted(content, {"tolerance": TOLERANCE, **facts})


def compare(estimator: Any, content: bytes, rows: NDArray[np.float64]) -> float:
    """The largest difference of a probability over `rows`.

    Raises Disagreement where it is above TOLERANCE, and where a label or a vote is another.
    """
    ours, theirs = Graph(content).infer(rows), infer(estimator, rows)
    if (ours.votes is None) != (theirs.votes is None):
        raise Disagreement("only one of the two tells votes")
    differing = int((_told(ours) != _told(theirs)).any(axis=1).sum())
    if differing:
        raise Disagreement(f"the labels of {differing:,} of {len(rows):,} rows differ from scikit-learn's")
    differences = np.abs(ours.probabilities - theirs.probabilities)
    if not (differences <= TOLERANCE).all():
        raise Disagreement(f"a probability differs by {differences.max():.3g} from scikit-learn's")
    return float(differences.max())


def _told(found: ModelOutput) -> NDArray[np.int64]:
    """The label of each row, and who voted for what."""
    return np.column_stack([found.classes] if found.votes is None else [found.classes, found.votes])
