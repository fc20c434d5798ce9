"""The core of the api: rows in, predictions out. It knows no Flask."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from petalstream.bundle import BundleError, Manifest
from petalstream.inference import ModelOutput
from petalstream.row_validation import RowError, validate_row
from services.api.errors import MAX_ERRORS, InvalidRows
from services.api.scoring.chunks import ChunkedRuntime
from services.api.scoring.matrix import Encoder, Samples, Table
from services.api.scoring.predictions import Predictions
from services.api.scoring.runtime import Runtime
from services.api.scoring.training_range import TrainingRange

# Golden rows are computed again on another machine, whose floating-point library may round another way.
GOLDEN_TOLERANCE = 1e-6
MAX_ERRORS_PER_ROW = 10
# A megabyte has room for hundreds of thousands of bad rows, whose errors would be hundreds of megabytes.
MAX_INVALID_ROWS = 10_000
# Of fewer rows a look at each value takes less time than to make columns of them.
MIN_COLUMN_ROWS = 16
Rows = Sequence[object] | Table


@dataclass(frozen=True)
class Scorer:
    """One version of a model, ready to predict; `runtime` computes what the manifest describes.

    A `deadline` is by time.monotonic(); DeadlinePassed is raised when it has passed before all rows are scored.
    """

    manifest: Manifest
    runtime: Runtime

    def predict(self, rows: Rows, deadline: float = math.inf) -> Predictions:
        """What the model says of rows that must all fit it. Raises InvalidRows."""
        if samples := self._encode_columns(rows):
            return self._score(samples, {}, len(rows), deadline)
        given = rows.rows() if isinstance(rows, Table) else rows
        features = self.manifest.features
        faults = (error for index, row in enumerate(given) for error in validate_row(features, row, index))
        if errors := list(islice(faults, MAX_ERRORS)):
            raise InvalidRows(errors)
        return self._score(self._samples(enumerate(given)), {}, len(given), deadline)

    def predict_valid(self, rows: Rows, deadline: float = math.inf) -> Predictions:
        """What the model says of rows, where those that do not fit it have their errors.

        Raises InvalidRows where more than MOST_REPORTED rows do not.
        """
        if samples := self._encode_columns(rows):
            return self._score(samples, {}, len(rows), deadline)
        given = rows.rows() if isinstance(rows, Table) else rows
        errors = self._errors(given)
        fitting = ((index, row) for index, row in enumerate(given) if index not in errors)
        return self._score(self._samples(fitting), errors, len(given), deadline)

    def takes_long(self, rows: Rows) -> bool:
        """Return whether to score `rows` would keep a worker's event loop busy for too long."""
        return self._chunks.takes_long(len(rows))

    def check_golden_rows(self, tolerance: float = GOLDEN_TOLERANCE) -> None:
        """Raise BundleError unless the model gives what it gave when it was trained, to within `tolerance`."""
        answers = self.predict([golden["features"] for golden in self.manifest.golden]).as_rows()
        for answer, golden in zip(answers, self.manifest.golden, strict=True):
            drift = max(abs(answer["probabilities"][label] - p) for label, p in golden["probabilities"].items())
            if answer["label"] != golden["label"] or drift > tolerance:
                raise BundleError(
                    f"{self.manifest.model} version {self.manifest.version} answers {answer} for a golden row"
                    f" that was {golden} when it was trained"
                )

    @cached_property
    def _matcher(self) -> Encoder:
        return Encoder(self.manifest.features)

    @cached_property
    def _chunks(self) -> ChunkedRuntime:
        return ChunkedRuntime(self.runtime)

    @cached_property
    def _cautions(self) -> TrainingRange:
        return TrainingRange(self.manifest)

    def _encode_columns(self, rows: Rows) -> Samples | None:
        """The samples of many rows that surely fit; None where they have to be looked at one by one."""
        if len(rows) < MIN_COLUMN_ROWS:
            return None
        return self._matcher.encode_table(rows) if isinstance(rows, Table) else self._matcher.encode_rows(rows)

    def _samples(self, fitting: Iterator[tuple[int, object]]) -> Samples:
        """The samples of numbered rows that fit."""
        inputs = self.manifest.inputs
        beside = [feature.name for feature in self.manifest.features if not feature.used]
        matrix, unused = [], {}
        for index, row in fitting:
            if isinstance(row, Mapping):
                matrix.append([each.encode(row[each.name]) for each in inputs])
                if named := [name for name in beside if row.get(name) is not None]:
                    unused[index] = named
        return Samples(np.array(matrix, dtype=np.float64).reshape(-1, len(inputs)), unused)

    def _errors(self, rows: Sequence[object]) -> dict[int, list[RowError]]:
        """The first errors of each row that does not fit."""
        found: dict[int, list[RowError]] = {}
        for index, row in enumerate(rows):
            if errors := list(islice(validate_row(self.manifest.features, row, index), MAX_ERRORS_PER_ROW)):
                found[index] = errors
            if len(found) > MAX_INVALID_ROWS:
                raise InvalidRows(list(islice((error for each in found.values() for error in each), MAX_ERRORS)))
        return found

    def _score(
        self, samples: Samples, errors: Mapping[int, Sequence[RowError]], count: int, deadline: float
    ) -> Predictions:
        found = self._chunks.infer(samples.matrix, deadline) if len(samples.matrix) else _nothing(self.manifest)
        fitting = [row for row in range(count) if row not in errors] if errors else range(count)
        warnings = {fitting[row]: said for row, said in self._cautions.find_warnings(samples.matrix).items()}
        return Predictions(self.manifest, fitting, found, warnings, samples.unused, errors)


def _nothing(manifest: Manifest) -> ModelOutput:
    """What is said of no rows."""
    votes = np.empty((0, len(manifest.voters)), np.int64) if manifest.voters else None
    return ModelOutput(np.empty(0, np.int64), np.empty((0, len(manifest.labels))), votes)
