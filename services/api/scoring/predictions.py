"""The predictions for the rows of one request, and their two JSON forms: row by row and in columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from petalstream.model.manifest import Manifest
from petalstream.model.outputs import ModelOutput
from petalstream.row_validation import RowError
from services.api.targets import Target, target_of


@dataclass(frozen=True)
class Predictions:
    """The model's `output` for the rows whose numbers are `valid_rows`, in that order, and the `errors` of the others.

    `errors`, `warnings` and `unused` (the names of unused features) are by row number, for rows that have any.
    """

    manifest: Manifest
    valid_rows: Sequence[int]
    output: ModelOutput
    warnings: Mapping[int, Sequence[str]]
    unused: Mapping[int, Sequence[str]]
    errors: Mapping[int, Sequence[RowError]]

    @property
    def target(self) -> Target[Any]:
        """Return what writes the output."""
        return target_of(self.manifest)

    @property
    def row_count(self) -> int:
        """Return the number of rows, valid and invalid."""
        return len(self.valid_rows) + len(self.errors)

    def as_rows(self) -> list[dict[str, Any]]:
        """Return one object a row: model, version, what is predicted, and warnings, or else its errors.

        If the row names unused features, it has `unused`.
        """
        model, version = self.manifest.model, self.manifest.version
        rows: list[dict[str, Any]] = [
            {"model": model, "version": version, **fields, "warnings": self.warnings.get(number, [])}
            for number, fields in zip(self.valid_rows, self.target.rows(self.output), strict=True)
        ]
        if self.unused:
            for number, row in zip(self.valid_rows, rows, strict=True):
                if number in self.unused:
                    row["unused"] = self.unused[number]
        return rows if not self.errors else self._with_errors(rows)

    def as_columns(self) -> dict[str, Any]:
        """Return one object with a list of a value a row for each field, null for an invalid row.

        Warnings, unused features and errors are by row number.
        """
        return {
            "model": self.manifest.model,
            "version": self.manifest.version,
            "rows": self.row_count,
            **self.target.columns(self.output, self._with_nulls),
            "warnings": {str(number): warnings for number, warnings in self.warnings.items()},
            **({"unused": {str(number): names for number, names in self.unused.items()}} if self.unused else {}),
            "errors": {str(number): list(map(vars, errors)) for number, errors in self.errors.items()},
        }

    def _with_errors(self, valid: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return an object for every row from those of the valid rows."""
        objects = iter(valid)
        return [
            {"errors": list(map(vars, self.errors[number]))} if number in self.errors else next(objects)
            for number in range(self.row_count)
        ]

    def _with_nulls(self, valid: Sequence[Any]) -> Sequence[Any]:
        """Return a value for every row from those of the valid rows."""
        if not self.errors:
            return valid
        if isinstance(valid, np.ndarray):  # NaN becomes null in JSON
            column = np.full(self.row_count, np.nan)
            column[self.valid_rows] = valid
            return column
        values = iter(valid)
        return [None if number in self.errors else next(values) for number in range(self.row_count)]
