"""The metadata of the Open Inference Protocol for the server and for a model."""

from collections.abc import Sequence
from typing import Any

from petalstream.model.manifest import Manifest
from services.api.targets import target_of
from services.api.wire import datatypes

SERVER = {
    "name": "petalstream",
    # As in CHANGELOG.md: no release has a number yet.
    "version": "unreleased",
    "extensions": ["binary_tensor_data", "model_repository"],
}
# The specification asks for <project>_<format> and lists no name for scikit-learn.
PLATFORM = "sklearn_joblib"


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
        "outputs": list(target_of(manifest).describe_tensors().values()),
    }
