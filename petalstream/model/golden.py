"""Golden rows: samples with the predictions of training, which a model must reproduce wherever it is opened."""

from petalstream.model.encoding import encode_inputs
from petalstream.model.manifest import BundleError, Manifest
from petalstream.model.runtime import Runtime

# They are recomputed on another machine, whose floating-point library may round differently.
TOLERANCE = 1e-6


def check_golden_rows(manifest: Manifest, runtime: Runtime, tolerance: float = TOLERANCE) -> None:
    """Raise BundleError unless the model reproduces its golden rows, probabilities to within `tolerance`."""
    if not manifest.golden:
        return
    output = runtime(encode_inputs([golden["features"] for golden in manifest.golden], manifest.inputs))
    for code, shares, golden in zip(output.classes, output.probabilities.tolist(), manifest.golden, strict=True):
        label, probabilities = manifest.labels[code], dict(zip(manifest.scored_labels, shares, strict=True))
        difference = max((abs(probabilities[name] - p) for name, p in golden["probabilities"].items()), default=0)
        # Not `difference > tolerance`, which NaN is not.
        if label != golden["label"] or not difference <= tolerance:
            raise BundleError(
                f"{manifest.model} version {manifest.version} answers {label} {probabilities} for a golden row that was"
                f" {golden} when it was trained"
            )
