"""Golden rows: samples with the predictions of training, which a model must reproduce wherever it is opened."""

from collections.abc import Mapping, Sequence
from typing import Any

from petalstream.model.encoding import encode_inputs
from petalstream.model.manifest import BundleError, Manifest
from petalstream.model.outputs import ModelOutput, NumberOutput
from petalstream.model.runtime import Runtime

# Probabilities are computed again on another machine, whose floating-point library may round differently.
PROBABILITY_TOLERANCE = 1e-6
# Of a predicted number. Rounding makes 1e-15 of a number in 64 bits and 1e-7 in 32 bits.
RELATIVE_TOLERANCE = 1e-6


def check_golden_rows(manifest: Manifest, runtime: Runtime) -> None:
    """Raise BundleError unless the model reproduces its golden rows, numbers and probabilities within the tolerance."""
    if not manifest.golden:
        return
    output = runtime(encode_inputs([golden["features"] for golden in manifest.golden], manifest.inputs))
    for prediction, golden in zip(describe_output(manifest.labels, output), manifest.golden, strict=True):
        if not _agree(prediction, golden, manifest.tolerance):
            raise BundleError(
                f"{manifest.model} version {manifest.version} answers {prediction} for a golden row that was {golden}"
                " when it was trained"
            )


def describe_output(labels: Sequence[str], output: ModelOutput) -> list[dict[str, Any]]:
    """Return what a golden row has of each prediction: a number, or a label and the probabilities, if there are any."""
    if isinstance(output, NumberOutput):
        return [{"prediction": number} for number in output.numbers.tolist()]
    return [
        {"label": labels[code], "probabilities": dict(zip(labels, probabilities, strict=bool(probabilities)))}
        for code, probabilities in zip(output.classes, output.probabilities.tolist(), strict=True)
    ]


def _agree(prediction: Mapping[str, Any], golden: Mapping[str, Any], tolerance: float) -> bool:
    # Not `difference > tolerance`, which NaN is not.
    if "prediction" in prediction:
        return bool(abs(prediction["prediction"] - golden["prediction"]) <= tolerance)
    found, expected = prediction["probabilities"], golden["probabilities"]
    difference = max((abs(found[name] - share) for name, share in expected.items()), default=0)
    return bool(prediction["label"] == golden["label"] and difference <= tolerance)
