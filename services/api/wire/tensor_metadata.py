"""The metadata of the Open Inference Protocol for the server and for a model."""

from collections.abc import Sequence
from typing import Any

from petalstream.model.manifest import Manifest
from services.api.wire import datatypes

SERVER = {
    "name": "petalstream",
    # As in CHANGELOG.md: no release has a number yet.
    "version": "unreleased",
    "extensions": ["binary_tensor_data", "model_repository"],
}
# The specification asks for <project>_<format> and lists no name for scikit-learn.
PLATFORM = "sklearn_joblib"
PREDICT, PROBABILITIES = "predict", "predict_proba"


def describe_tensors(manifest: Manifest, versions: Sequence[str]) -> dict[str, Any]:
    """Return the metadata of one version of a model; `versions` are those that a client can ask for."""
    inputs = [
        {"name": feature.name, "datatype": datatypes.declared(feature), "shape": [-1]} for feature in manifest.features
    ]
    return {
        "name": manifest.model,
        "versions": list(versions),
        "platform": PLATFORM,
        "inputs": inputs,
        "outputs": list(describe_outputs(manifest).values()),
    }


def describe_outputs(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Return the output tensors by name; the parameters of the probabilities, if there are any, name their labels."""
    labels = {PREDICT: {"name": PREDICT, "datatype": "BYTES", "shape": [-1]}}
    if not manifest.scored_labels:
        return labels
    classes = {f"class_{column}": label for column, label in enumerate(manifest.labels)}
    shape = [-1, len(manifest.labels)]
    return labels | {PROBABILITIES: {"name": PROBABILITIES, "datatype": "FP64", "shape": shape, "parameters": classes}}
