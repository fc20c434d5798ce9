"""Opens a bundle's model for ONNX Runtime or, if it could not be converted to ONNX, for scikit-learn."""

import io
from collections.abc import Callable

from petalstream.model.bundle import MODEL, ONNX, Bundle
from petalstream.model.graph import Graph
from petalstream.model.inference import infer
from petalstream.model.inputs import Inputs
from petalstream.model.manifest import BundleError
from petalstream.model.outputs import ModelOutput

Runtime = Callable[[Inputs], ModelOutput]


def load_onnx(bundle: Bundle) -> Runtime:
    """Return the model run by ONNX Runtime, which opens it at the first call. Raises BundleError."""
    graph = Graph(bundle.read(ONNX))
    return lambda inputs: graph.infer(inputs.matrix)


def load_pickle(bundle: Bundle) -> Runtime:
    """Return the model run by scikit-learn. Raises BundleError, and whatever unpickling raises."""
    bundle.verify_libraries()
    # These import scikit-learn and pandas, which a process without pickled models does not need.
    import joblib

    from petalstream.model.frames import to_frame

    # The very bytes whose digest was checked: the file may have changed since.
    estimator, features = joblib.load(io.BytesIO(bundle.read(MODEL))), bundle.manifest.inputs
    label_count = len(bundle.manifest.labels)
    names, known = [feature.name for feature in features], getattr(estimator, "feature_names_in_", None)
    if known is not None and list(known) != names:
        raise BundleError(f"{bundle.path / MODEL} takes {', '.join(known)}, and the manifest has {', '.join(names)}")
    return lambda inputs: infer(estimator, to_frame(features, inputs), label_count)
