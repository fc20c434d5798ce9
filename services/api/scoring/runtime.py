"""What computes a model's answers: ONNX Runtime, or scikit-learn where the model could not be converted."""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from petalstream.bundle import MODEL, ONNX, Bundle
from petalstream.graph import Graph
from petalstream.inference import ModelOutput, infer

# Samples of shape (n, inputs) in, what the model says of them out.
Runtime = Callable[[NDArray[np.float64]], ModelOutput]


def load_onnx(found: Bundle) -> Runtime:
    """The bundle's model by ONNX Runtime, which reads it at the first call. Raises BundleError."""
    return Graph(found.read(ONNX)).infer


def load_pickle(found: Bundle) -> Runtime:
    """The bundle's model by scikit-learn. Raises BundleError, and whatever unpickling does."""
    found.verify_libraries()
    import joblib  # a process that has no pickle to open does without scikit-learn

    # The very bytes whose digest was checked: the file may be another one by now.
    return partial(infer, joblib.load(io.BytesIO(found.read(MODEL))))
