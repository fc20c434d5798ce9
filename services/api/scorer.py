"""The core of the api: rows in, predictions out. It knows no Flask."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from petalstream.bundle import BundleError, Manifest
from petalstream.schema import RowError, row_errors

# Golden rows are computed again on another machine, whose floating-point library may round another way.
GOLDEN_TOLERANCE = 1e-6
MOST_ERRORS, MOST_ERRORS_A_ROW = 100, 10


class InvalidRows(ValueError):
    """Rows that the model's schema does not fit; `errors` says why, row by row, for the first MOST_ERRORS faults."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        rows = len({error.row for error in errors})
        some = "the first " if len(errors) == MOST_ERRORS else ""
        super().__init__(f"the rows do not fit the model: {some}{len(errors)} faults, in {rows} rows, are listed")
        self.errors = errors


@dataclass(frozen=True)
class Scorer:
    """One version of a model, ready to predict; `estimator` is the fitted scikit-learn estimator of the bundle."""

    manifest: Manifest
    estimator: Any

    def predict(self, rows: Sequence[object]) -> list[dict[str, Any]]:
        """One answer a row: label, probability of each class, model, version, warnings. Raises InvalidRows."""
        faults = (error for index, row in enumerate(rows) for error in row_errors(self.manifest.features, row, index))
        if errors := list(islice(faults, MOST_ERRORS)):
            raise InvalidRows(errors)
        return self._score([row for row in rows if isinstance(row, Mapping)])

    def report(self, rows: Sequence[object]) -> list[dict[str, Any]]:
        """One answer a row, as `predict` gives it, or {"errors": [...]} where the row does not fit the model."""
        faults = [
            list(islice(row_errors(self.manifest.features, row, index), MOST_ERRORS_A_ROW))
            for index, row in enumerate(rows)
        ]
        fitting = [row for row, errors in zip(rows, faults, strict=True) if not errors and isinstance(row, Mapping)]
        scored = iter(self._score(fitting))
        return [{"errors": list(map(asdict, errors))} if errors else next(scored) for errors in faults]

    def _score(self, samples: Sequence[Mapping[str, float]]) -> list[dict[str, Any]]:
        """One answer a sample; each fits the model."""
        if not samples:
            return []
        matrix = np.array([[sample[name] for name in self._names] for sample in samples], dtype=np.float64)
        probabilities = self.estimator.predict_proba(matrix)
        labels = self.estimator.predict(matrix)
        return [
            {
                "model": self.manifest.model,
                "version": self.manifest.version,
                "label": str(label),
                "probabilities": dict(zip(self.manifest.labels, row.tolist(), strict=True)),
                "warnings": self._warnings(sample),
            }
            for sample, label, row in zip(samples, labels, probabilities, strict=True)
        ]

    def check_golden_rows(self) -> None:
        """Raise BundleError unless the model still gives what it gave when it was trained."""
        answers = self.predict([golden["features"] for golden in self.manifest.golden])
        for answer, golden in zip(answers, self.manifest.golden, strict=True):
            drift = max(abs(answer["probabilities"][label] - p) for label, p in golden["probabilities"].items())
            if answer["label"] != golden["label"] or drift > GOLDEN_TOLERANCE:
                raise BundleError(
                    f"{self.manifest.model} version {self.manifest.version} answers {answer} for a golden row"
                    f" that was {golden} when it was trained"
                )

    @property
    def _names(self) -> list[str]:
        return [feature.name for feature in self.manifest.features]

    def _warnings(self, sample: Mapping[str, float]) -> list[str]:
        """A line for each value outside what the model saw in training; such a value is scored all the same."""
        warnings = []
        for feature in self.manifest.features:
            quantiles = self.manifest.training[feature.name]["quantiles"]
            least, most = quantiles["0"], quantiles["1"]
            if not least <= sample[feature.name] <= most:
                warnings.append(
                    f"{feature.name} {sample[feature.name]:g} {feature.unit} is outside the training range,"
                    f" {least:g} to {most:g} {feature.unit}"
                )
        return warnings
