"""Inputs as the data frame that scikit-learn gets, in trainer and api alike. It needs pandas."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from petalstream.features import Category, Feature, Text
from petalstream.model.inputs import Inputs


def to_frame(features: Sequence[Feature], inputs: Inputs) -> pd.DataFrame:
    """Return a data frame with a column for each of the features, in their order.

    A category is categorical with all its options, a text is a text, and anything else float64. A missing value is NaN.
    """
    return pd.DataFrame(
        {feature.name: _column(feature, column, inputs) for column, feature in enumerate(features)}, copy=False
    )


def _column(feature: Feature, column: int, inputs: Inputs) -> Any:
    if isinstance(feature, Text):
        return np.array(inputs.texts[feature.name], dtype=object)
    values = inputs.matrix[:, column]
    if isinstance(feature, Category):
        codes = np.where(np.isnan(values), -1, values).astype(np.int64)
        return pd.Categorical.from_codes(codes, categories=list(feature.options))
    return values
