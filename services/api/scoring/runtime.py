"""Opens a bundle's model for ONNX Runtime or, if it could not be converted to ONNX, for scikit-learn."""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from petalstream.bundle import MODEL, ONNX, Bundle
from petalstream.graph import Graph
from petalstream.inference import ModelOutput, infer

# Takes samples of shape (n, inputs).
Runtime = Callable[[NDArray[np.float64]], ModelOutput]


def load_onnx(bundle: Bundle) -> Runtime:
    """Return the model run by ONNX Runtime, which opens it at the first call. Raises BundleError."""
    return Graph(bundle.read(ONNX)).infer


def load_pickle(bundle: Bundle) -> Runtime:
    """Return the model run by scikit-learn. Raises BundleError, and whatever unpickling raises."""
    bundle.verify_libraries()
    import joblib  # imports scikit-learn, which a process without pickled models does not need

    # The very bytes whose digest was checked: the file may have changed since.
    return partial(infer, joblib.load(io.BytesIO(bundle.read(MODEL))))
