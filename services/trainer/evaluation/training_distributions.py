"""How the values of each input are distributed over the training part: what the pages and warnings of the api need."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Feature
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

BINS = 10
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def compute_distributions(training: Dataset, definition: Definition) -> dict[str, Any]:
    """Return by input the count of each choice or, for a number, the quantiles and the counts of equally wide bins."""
    return {
        feature.name: _distribution(feature, training.inputs.matrix[:, column])
        for column, feature in enumerate(definition.inputs)
    }


def _distribution(feature: Feature, values: NDArray[np.float64]) -> dict[str, Any]:
    given = values[~np.isnan(values)]
    missing = {} if len(given) == len(values) else {"missing": len(values) - len(given)}
    if choices := list(feature.options):
        return {"choices": choices, "counts": [int((given == code).sum()) for code in range(len(choices))], **missing}
    if not len(given):  # a text, or a column without a value
        return missing
    counts, edges = np.histogram(given, bins=BINS)
    quantiles = {f"{q:g}": float(np.quantile(given, q)) for q in QUANTILES}
    return {"edges": edges.tolist(), "counts": counts.tolist(), "quantiles": quantiles, **missing}
