"""The core of the api: rows in, predictions out. It knows no Flask."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from petalstream.bundle import BundleError, Manifest
from petalstream.inference import Inference
from petalstream.schema import RowError, row_errors
from services.api.runtime import Runtime

# Golden rows are computed again on another machine, whose floating-point library may round another way.
GOLDEN_TOLERANCE = 1e-6
MOST_ERRORS, MOST_ERRORS_A_ROW = 100, 10
# A megabyte has room for hundreds of thousands of bad rows, whose errors would be hundreds of megabytes.
MOST_REPORTED = 10_000


class InvalidRows(ValueError):
    """Rows that the model's schema does not fit; `errors` says why, row by row, for the first MOST_ERRORS faults."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        faults, rows = len(errors), len({error.row for error in errors})
        some = "the first " if len(errors) == MOST_ERRORS else ""
        super().__init__(
            f"the rows do not fit the model: {some}{_counted(faults, 'fault')}, in {_counted(rows, 'row')},"
            f" {'is' if faults == 1 else 'are'} listed"
        )
        self.errors = errors


@dataclass(frozen=True)
class Scorer:
    """One version of a model, ready to predict; `runtime` computes what the manifest describes."""

    manifest: Manifest
    runtime: Runtime

    def predict(self, rows: Sequence[object]) -> list[dict[str, Any]]:
        """One answer a row: label, probability of each class, model, version, warnings.

        Where the model is a vote, the answer has each voter's `votes` too, and where the row names features that the
        model does without, they are `unused`. Raises InvalidRows.
        """
        faults = (error for index, row in enumerate(rows) for error in row_errors(self.manifest.features, row, index))
        if errors := list(islice(faults, MOST_ERRORS)):
            raise InvalidRows(errors)
        return self._score([row for row in rows if isinstance(row, Mapping)])

    def report(self, rows: Sequence[object]) -> list[dict[str, Any]]:
        """One answer a row, as `predict` gives it, or {"errors": [...]} where the row does not fit the model.

        Raises InvalidRows where more than MOST_REPORTED rows do not.
        """
        faults = list(self._faults(rows))
        fitting = [row for row, errors in zip(rows, faults, strict=True) if not errors and isinstance(row, Mapping)]
        scored = iter(self._score(fitting))
        return [{"errors": list(map(asdict, errors))} if errors else next(scored) for errors in faults]

    def _faults(self, rows: Sequence[object]) -> Iterator[list[RowError]]:
        """The first errors of each row."""
        first: list[RowError] = []
        bad = 0
        for index, row in enumerate(rows):
            errors = list(islice(row_errors(self.manifest.features, row, index), MOST_ERRORS_A_ROW))
            bad += bool(errors)
            if len(first) < MOST_ERRORS:
                first += errors
            if bad > MOST_REPORTED:
                raise InvalidRows(first[:MOST_ERRORS])
            yield errors

    def _score(self, samples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One answer a sample; each fits the model."""
        if not samples:
            return []
        inputs = self.manifest.inputs
        matrix = np.array([[each.encoded(sample[each.name]) for each in inputs] for sample in samples])
        found, labels = self.runtime(matrix), self.manifest.labels
        return [
            {
                "model": self.manifest.model,
                "version": self.manifest.version,
                "label": labels[found.classes[row]],
                "probabilities": dict(zip(labels, found.probabilities[row].tolist(), strict=True)),
                "warnings": self._warnings(sample),
                **self._beside(sample, self._votes(found, row)),
            }
            for row, sample in enumerate(samples)
        ]

    def _votes(self, found: Inference, row: int) -> dict[str, str]:
        cast = [] if found.votes is None else found.votes[row]
        return {voter: self.manifest.labels[label] for voter, label in zip(self.manifest.voters, cast, strict=True)}

    def _beside(self, sample: Mapping[str, Any], votes: Mapping[str, str]) -> dict[str, Any]:
        """What only the answers of some models have."""
        unused = [each.name for each in self.manifest.features if not each.used and each.name in sample]
        return {name: value for name, value in (("votes", votes), ("unused", unused)) if value}

    def check_golden_rows(self, tolerance: float = GOLDEN_TOLERANCE) -> None:
        """Raise BundleError unless the model gives what it gave when it was trained, to within `tolerance`."""
        answers = self.predict([golden["features"] for golden in self.manifest.golden])
        for answer, golden in zip(answers, self.manifest.golden, strict=True):
            drift = max(abs(answer["probabilities"][label] - p) for label, p in golden["probabilities"].items())
            if answer["label"] != golden["label"] or drift > tolerance:
                raise BundleError(
                    f"{self.manifest.model} version {self.manifest.version} answers {answer} for a golden row"
                    f" that was {golden} when it was trained"
                )

    def _warnings(self, sample: Mapping[str, Any]) -> list[str]:
        """A line for each value that the model did not see the like of in training; it is scored all the same."""
        warnings = []
        for feature in self.manifest.inputs:
            value, seen = sample[feature.name], self.manifest.training[feature.name]
            if feature.options:
                if not seen["counts"][int(feature.encoded(value))]:
                    warnings.append(f"{feature.name} {feature.written(value)} does not occur in the training data")
                continue
            least, most = seen["quantiles"]["0"], seen["quantiles"]["1"]
            if not least <= value <= most:
                warnings.append(
                    f"{feature.name} {feature.measured(value)} is outside the training range,"
                    f" {least:g} to {feature.measured(most)}"
                )
        return warnings


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
