"""Encodes valid rows one by one as the inputs of a model."""

from collections.abc import Mapping, Sequence

import numpy as np

from petalstream.features import Feature, Text
from petalstream.model.inputs import Inputs


def encode_inputs(rows: Sequence[Mapping[str, object]], features: Sequence[Feature]) -> Inputs:
    """Return the inputs of valid rows; a feature that a row does not name is missing."""
    matrix = [[feature.encode(row.get(feature.name)) for feature in features] for row in rows]
    texts = {
        feature.name: [feature.to_text(row.get(feature.name)) for row in rows]
        for feature in features
        if isinstance(feature, Text)
    }
    return Inputs(np.array(matrix, dtype=np.float64).reshape(len(rows), len(features)), texts)
