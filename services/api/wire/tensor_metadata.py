"""What the Open Inference Protocol says of the server and of a model."""

from collections.abc import Sequence
from typing import Any

from petalstream.bundle import Manifest
from services.api.wire import datatypes

SERVER = {
    "name": "petalstream",
    # As CHANGELOG.md has it: there is no release with a number yet.
    "version": "unreleased",
    "extensions": ["model_repository"],
}
# The specification wants <project>_<format>, and lists no name for scikit-learn.
PLATFORM = "sklearn_joblib"
PREDICT, PROBABILITIES = "predict", "predict_proba"


def describe_tensors(manifest: Manifest, versions: Sequence[str]) -> dict[str, Any]:
    """A version of a model, and which `versions` can be asked for."""
    return {
        "name": manifest.model,
        "versions": list(versions),
        "platform": PLATFORM,
        "inputs": [
            {"name": feature.name, "datatype": datatypes.declared(feature), "shape": [-1]}
            for feature in manifest.features
        ],
        "outputs": list(describe_outputs(manifest).values()),
    }


def describe_outputs(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """The output tensors by name; a parameter for each column of the probabilities has its class."""
    classes = {f"class_{column}": label for column, label in enumerate(manifest.labels)}
    return {
        PREDICT: {"name": PREDICT, "datatype": "BYTES", "shape": [-1]},
        PROBABILITIES: {
            "name": PROBABILITIES,
            "datatype": "FP64",
            "shape": [-1, len(manifest.labels)],
            "parameters": classes,
        },
    }
