"""Warnings for values that lie outside the training data; such rows are scored all the same."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from petalstream.error_text import in_full
from petalstream.features import OTHER, Date, Feature
from petalstream.model.manifest import Manifest


class TrainingRange:
    """The range of each of a model's inputs in its training data, and the choices that did not occur there."""

    def __init__(self, manifest: Manifest) -> None:
        self._inputs, self._training = manifest.inputs, manifest.training
        self._data = manifest.data_name
        self._range_name = manifest.data_name.replace("data", "range")
        self._least, self._most = np.array([self._tolerated(feature) for feature in manifest.inputs]).T
        # For each column with unseen choices, their codes.
        self._unseen_codes = {
            column: [code for code, count in enumerate(self._training[feature.name]["counts"]) if not count]
            for column, feature in enumerate(manifest.inputs)
            if feature.options and not all(self._training[feature.name]["counts"])
        }

    def find_warnings(self, matrix: NDArray[np.float64]) -> Mapping[int, Sequence[str]]:
        """Return a warning for each value outside the training data, by row of `matrix`, of shape (n, inputs)."""
        is_outside = (matrix < self._least) | (matrix > self._most)
        for column, codes in self._unseen_codes.items():
            is_outside[:, column] = np.isin(matrix[:, column], codes)
        warnings: dict[int, list[str]] = {}
        if is_outside.any():
            for row, column in zip(*(indices.tolist() for indices in np.nonzero(is_outside)), strict=True):
                warning = self._write_warning(self._inputs[column], matrix[row, column].item())
                warnings.setdefault(row, []).append(warning)
        return warnings

    def _tolerated(self, feature: Feature) -> tuple[float, float]:
        """Return the range with its bounds in float32 in it, unless the numbers are whole: many clients use float32."""
        least, most = self._range(feature)
        if feature.is_whole or feature.options:
            return least, most
        return min(least, float(np.float32(least))), max(most, float(np.float32(most)))

    def _range(self, feature: Feature) -> tuple[float, float]:
        if feature.options:
            return -np.inf, np.inf
        quantiles = self._training[feature.name].get("quantiles")
        return (quantiles["0"], quantiles["1"]) if quantiles else (-np.inf, np.inf)

    def _write_warning(self, feature: Feature, value: float) -> str:
        if feature.options and feature.options[int(value)] == OTHER:
            return f"{feature.name} is none of the choices in the {self._data}"
        if feature.options:
            return f"{feature.name} {feature.options[int(value)]} does not occur in the {self._data}"
        least, most = self._range(feature)
        if isinstance(feature, Date):
            days = f"{feature.decode(least)} to {feature.decode(most)}"
            return f"{feature.name} {feature.decode(value)} is outside the {self._range_name}, {days}"
        found, upper = f"{in_full(value)} {feature.unit}".rstrip(), f"{in_full(most)} {feature.unit}".rstrip()
        return f"{feature.name} {found} is outside the {self._range_name}, {in_full(least)} to {upper}"
