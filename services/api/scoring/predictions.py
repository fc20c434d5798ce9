"""The predictions for the rows of one request, and their two JSON forms: row by row and in columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from petalstream.model.inference import ModelOutput
from petalstream.model.manifest import Manifest
from petalstream.row_validation import RowError


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
    def row_count(self) -> int:
        """Return the number of rows, valid and invalid."""
        return len(self.valid_rows) + len(self.errors)

    def labels(self) -> list[str]:
        """Return the label of each valid row."""
        names = self.manifest.labels
        return [names[position] for position in self.output.classes.tolist()]

    def as_rows(self) -> list[dict[str, Any]]:
        """Return one object a row: model, version, label, probability of each class and warnings, or else its errors.

        If the model is a vote, the object has each voter's `votes`; if it has a `threshold`, that too. If the row names
        unused features, it has `unused`.
        """
        model, version, names = self.manifest.model, self.manifest.version, self.manifest.scored_labels
        rows: list[dict[str, Any]] = [
            {
                "model": model,
                "version": version,
                "label": label,
                "probabilities": dict(zip(names, probabilities)),  # noqa: B905 - strict=True takes half as long again
                "warnings": self.warnings.get(number, []),
            }
            for number, label, probabilities in zip(
                self.valid_rows, self.labels(), self.output.probabilities.tolist(), strict=True
            )
        ]
        for row, votes in zip(rows, self._votes(), strict=False):
            row["votes"] = votes
        if self.manifest.threshold:
            for row in rows:
                row["threshold"] = self.manifest.threshold
        if self.unused:
            for number, row in zip(self.valid_rows, rows, strict=True):
                if number in self.unused:
                    row["unused"] = self.unused[number]
        return rows if not self.errors else self._with_errors(rows)

    def as_columns(self) -> dict[str, Any]:
        """Return one object with a list of a value a row for label, probabilities and votes, null for an invalid row.

        Warnings, unused features and errors are by row number.
        """
        probabilities = np.full((len(self.manifest.scored_labels), self.row_count), np.nan)  # NaN becomes null in JSON
        probabilities[:, self.valid_rows] = self.output.probabilities.T
        votes = {}
        if self.output.votes is not None:
            names = self.manifest.labels
            for voter, positions in zip(self.manifest.voters, self.output.votes.T.tolist(), strict=True):
                votes[voter] = self._with_nulls([names[position] for position in positions])
        return {
            "model": self.manifest.model,
            "version": self.manifest.version,
            "rows": self.row_count,
            "label": self._with_nulls(self.labels()),
            "probabilities": dict(zip(self.manifest.scored_labels, probabilities, strict=True)),
            **({"votes": votes} if votes else {}),
            **({"threshold": self.manifest.threshold} if self.manifest.threshold else {}),
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

    def _with_nulls(self, valid: Sequence[str]) -> Sequence[str | None]:
        """Return a value for every row from those of the valid rows."""
        if not self.errors:
            return valid
        values = iter(valid)
        return [None if number in self.errors else next(values) for number in range(self.row_count)]

    def _votes(self) -> list[dict[str, str]]:
        """Return each valid row's votes by voter, or an empty list if the model is no vote."""
        if self.output.votes is None:
            return []
        names, voters = self.manifest.labels, self.manifest.voters
        return [
            {voter: names[position] for voter, position in zip(voters, positions, strict=True)}
            for positions in self.output.votes.tolist()
        ]
