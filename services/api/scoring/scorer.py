"""The core of the api: rows in, predictions out, without HTTP."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

from petalstream.model.encoding import encode_inputs
from petalstream.model.manifest import Manifest
from petalstream.model.runtime import Runtime
from petalstream.row_validation import RowError, validate_row
from services.api.errors import MAX_ERRORS, InvalidRows
from services.api.scoring.chunks import ChunkedRuntime
from services.api.scoring.failing_rows import VALUE_ERRORS, describe, find_failures
from services.api.scoring.matrix import Encoder, Samples, Table
from services.api.scoring.predictions import Predictions
from services.api.scoring.training_range import TrainingRange
from services.api.targets import target_of

MAX_ERRORS_PER_ROW = 10
# A megabyte can hold hundreds of thousands of invalid rows, whose errors would take hundreds of megabytes.
MAX_INVALID_ROWS = 10_000
# Each takes two calls of the model, or more.
MAX_FAILING_ROWS = 1_000
# Fewer rows are validated faster one by one than in columns.
MIN_COLUMN_ROWS = 16
Rows = Sequence[object] | Table


@dataclass(frozen=True)
class Scorer:
    """One version of a model, ready to predict; `runtime` computes what the manifest describes.

    `is_graph` is false for a pickled estimator: its Python code may take any time, whatever it took before.
    A `deadline` is in seconds of time.monotonic(). DeadlinePassed is raised if it passes before all rows are scored.
    """

    manifest: Manifest
    runtime: Runtime
    is_graph: bool = False

    def predict(self, rows: Rows, deadline: float = math.inf) -> Predictions:
        """Return the predictions for rows that must all be valid. Raises InvalidRows and DeadlinePassed.

        A row for which the model raises an error, such as one whose numbers overflow, is invalid too.
        """
        if samples := self.encode_columns(rows):
            return self.predict_samples(samples, deadline)
        rows, features = _as_rows(rows), self.manifest.features
        all_errors = (error for number, row in enumerate(rows) for error in validate_row(features, row, number))
        if errors := list(islice(all_errors, MAX_ERRORS)):
            raise InvalidRows(errors)
        return self._score(self._encode_rows(enumerate(rows)), {}, len(rows), deadline, False)

    def predict_valid(self, rows: Rows, deadline: float = math.inf) -> Predictions:
        """Return the predictions for the valid rows and the errors of the others.

        Raises InvalidRows for more than MAX_INVALID_ROWS invalid rows, or MAX_FAILING_ROWS for which the model raises
        an error, and DeadlinePassed.
        """
        if samples := self.encode_columns(rows):
            return self.predict_samples(samples, deadline, True)
        rows = _as_rows(rows)
        errors = self._find_errors(rows)
        valid = ((number, row) for number, row in enumerate(rows) if number not in errors)
        return self._score(self._encode_rows(valid), errors, len(rows), deadline, True)

    def report(self, errors: Sequence[RowError]) -> Predictions:
        """Return what `predict_valid` returns for a single row with these errors."""
        return Predictions(self.manifest, [], target_of(self.manifest).empty_output(), {}, {}, {0: errors})

    def encode_columns(self, rows: Rows) -> Samples | None:
        """Return the samples of many rows that are surely valid, or None if they must be validated one by one."""
        if len(rows) < MIN_COLUMN_ROWS:
            return None
        return self._encoder.encode_table(rows) if isinstance(rows, Table) else self._encoder.encode_rows(rows)

    def predict_samples(
        self, samples: Samples, deadline: float = math.inf, reports_errors: bool = False
    ) -> Predictions:
        """Return the predictions for rows that `encode_columns` has encoded. Raises InvalidRows and DeadlinePassed.

        With `reports_errors` a row for which the model raises an error gets that error instead.
        """
        return self._score(samples, {}, len(samples.inputs), deadline, reports_errors)

    def expected_seconds(self, rows: int) -> float:
        """Return about how long a graph takes for so many rows, from the speed that was measured so far."""
        return self._runtime_in_chunks.expected_seconds(rows) if self.is_graph else math.inf

    def measure_speed(self) -> None:
        """Score the golden rows a few times, for `expected_seconds`."""
        golden = [golden["features"] for golden in self.manifest.golden]
        self._runtime_in_chunks.measure(self._encode_rows(enumerate(golden)).inputs)

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self.manifest.features)

    @cached_property
    def _runtime_in_chunks(self) -> ChunkedRuntime:
        return ChunkedRuntime(self.runtime)

    @cached_property
    def _training_range(self) -> TrainingRange:
        return TrainingRange(self.manifest)

    def _encode_rows(self, numbered: Iterable[tuple[int, object]]) -> Samples:
        """Return the samples of valid rows, each with its number."""
        rows = {number: row for number, row in numbered if isinstance(row, Mapping)}
        features = [feature for feature in self.manifest.features if not feature.used]
        unused = {}
        for number, row in rows.items() if features else ():
            if names := [each.name for each in features if not each.is_missing(row.get(each.name))]:
                unused[number] = names
        return Samples(encode_inputs(list(rows.values()), self.manifest.inputs), unused)

    def _find_errors(self, rows: Sequence[object]) -> dict[int, list[RowError]]:
        """Return the first errors of each invalid row by row number. Raises InvalidRows."""
        errors: dict[int, list[RowError]] = {}
        for number, row in enumerate(rows):
            if of_row := list(islice(validate_row(self.manifest.features, row, number), MAX_ERRORS_PER_ROW)):
                errors[number] = of_row
            if len(errors) > MAX_INVALID_ROWS:
                raise InvalidRows(list(islice((error for of_row in errors.values() for error in of_row), MAX_ERRORS)))
        return errors

    def _score(
        self,
        samples: Samples,
        errors: Mapping[int, Sequence[RowError]],
        row_count: int,
        deadline: float,
        reports_errors: bool,
    ) -> Predictions:
        inputs = samples.inputs
        infer = partial(self._runtime_in_chunks.infer, deadline=deadline)
        valid_rows = [number for number in range(row_count) if number not in errors] if errors else range(row_count)
        try:
            output = infer(inputs) if len(inputs) else target_of(self.manifest).empty_output()
        except VALUE_ERRORS:
            most = MAX_FAILING_ROWS + 1 if reports_errors else MAX_ERRORS
            failures = find_failures(infer, inputs, most)
            if not failures or not self._scores_golden_row():
                raise
            found = {valid_rows[at]: [describe(valid_rows[at], error)] for at, error in failures.items()}
            if not reports_errors or len(found) == most:
                raise InvalidRows([error for (error,) in found.values()][:MAX_ERRORS]) from None
            kept = inputs.at([at for at in range(len(inputs)) if at not in failures])
            unused = {number: names for number, names in samples.unused.items() if number not in found}
            return self._score(Samples(kept, unused), {**errors, **found}, row_count, deadline, reports_errors)
        warnings = {valid_rows[at]: texts for at, texts in self._training_range.find_warnings(inputs.matrix).items()}
        return Predictions(self.manifest, valid_rows, output, warnings, samples.unused, errors)

    def _scores_golden_row(self) -> bool:
        """Return whether the model scores a valid row: if not, an error is the model's and not that of a row."""
        golden = [golden["features"] for golden in self.manifest.golden[:1]]
        try:
            self.runtime(encode_inputs(golden, self.manifest.inputs))
        except Exception:
            return False
        return bool(golden)


def _as_rows(rows: Rows) -> Sequence[object]:
    return rows.rows() if isinstance(rows, Table) else rows
