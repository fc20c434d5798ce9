"""Warnings of values that a model did not see the like of in training; they are scored all the same."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from petalstream.bundle import Manifest
from petalstream.schema import Feature


class TrainingRange:
    """What the training data of a model held, input by input."""

    def __init__(self, manifest: Manifest) -> None:
        self._inputs, self._training = manifest.inputs, manifest.training
        self._least, self._most = np.array([self._range(feature) for feature in manifest.inputs]).T
        # By position of the input: which of its choices, by position, no training sample had.
        self._unseen = {
            column: [code for code, count in enumerate(self._training[feature.name]["counts"]) if not count]
            for column, feature in enumerate(manifest.inputs)
            if feature.options and not all(self._training[feature.name]["counts"])
        }

    def find_warnings(self, matrix: NDArray[np.float64]) -> Mapping[int, Sequence[str]]:
        """A line for each such value, by row of `matrix`, which has shape (n, inputs)."""
        strange = (matrix < self._least) | (matrix > self._most)
        for column, codes in self._unseen.items():
            strange[:, column] = np.isin(matrix[:, column], codes)
        found: dict[int, list[str]] = {}
        if strange.any():
            for row, column in zip(*(places.tolist() for places in np.nonzero(strange)), strict=True):
                found.setdefault(row, []).append(self._said(self._inputs[column], matrix[row, column].item()))
        return found

    def _range(self, feature: Feature) -> tuple[float, float]:
        if feature.options:
            return -np.inf, np.inf
        quantiles = self._training[feature.name]["quantiles"]
        return quantiles["0"], quantiles["1"]

    def _said(self, feature: Feature, value: float) -> str:
        if feature.options:
            return f"{feature.name} {feature.options[int(value)]} does not occur in the training data"
        least, most = self._range(feature)
        measured = feature.with_unit(value)
        return f"{feature.name} {measured} is outside the training range, {least:g} to {feature.with_unit(most)}"
