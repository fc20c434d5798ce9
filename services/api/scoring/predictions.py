"""What a model says of the rows of one request, and the forms in which that is told."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from petalstream.bundle import Manifest
from petalstream.inference import ModelOutput
from petalstream.row_validation import RowError


@dataclass(frozen=True)
class Predictions:
    """An outcome for each row: what was `found` of those that fit, which `fitting` counts, and `errors` of the others.

    `warnings` and `unused` are by row, as `errors` are, and only where there are some.
    """

    manifest: Manifest
    valid_rows: Sequence[int]
    output: ModelOutput
    warnings: Mapping[int, Sequence[str]]
    unused: Mapping[int, Sequence[str]]
    errors: Mapping[int, Sequence[RowError]]

    @property
    def row_count(self) -> int:
        """How many rows there were."""
        return len(self.valid_rows) + len(self.errors)

    def labels(self) -> list[str]:
        """The label of each row that fits."""
        names = self.manifest.labels
        return [names[position] for position in self.output.classes.tolist()]

    def as_rows(self) -> list[dict[str, Any]]:
        """One object a row: label, probability of each class, model, version, warnings; or its errors.

        Where the model is a vote it has each voter's `votes` too, and where the row names features that the model does
        without, they are `unused`.
        """
        model, version, names = self.manifest.model, self.manifest.version, self.manifest.labels
        given: list[dict[str, Any]] = [
            {
                "model": model,
                "version": version,
                "label": label,
                "probabilities": dict(zip(names, shares)),  # noqa: B905 - strict=True takes half as long again
                "warnings": self.warnings.get(row, []),
            }
            for row, label, shares in zip(
                self.valid_rows, self.labels(), self.output.probabilities.tolist(), strict=True
            )
        ]
        for answer, votes in zip(given, self._votes(), strict=False):
            answer["votes"] = votes
        if self.unused:
            for row, answer in zip(self.valid_rows, given, strict=True):
                if row in self.unused:
                    answer["unused"] = self.unused[row]
        return given if not self.errors else self._with_errors(given)

    def as_columns(self) -> dict[str, Any]:
        """One object for all rows: a value a row for label, probabilities and votes, null where the row has errors.

        What only some rows have is by the row's number.
        """
        probabilities = np.full((len(self.manifest.labels), self.row_count), np.nan)  # which JSON has as null
        probabilities[:, self.valid_rows] = self.output.probabilities.T
        votes = {}
        if self.output.votes is not None:
            names = self.manifest.labels
            for voter, of_voter in zip(self.manifest.voters, self.output.votes.T.tolist(), strict=True):
                votes[voter] = self._spread([names[position] for position in of_voter])
        return {
            "model": self.manifest.model,
            "version": self.manifest.version,
            "rows": self.row_count,
            "label": self._spread(self.labels()),
            "probabilities": dict(zip(self.manifest.labels, probabilities, strict=True)),
            **({"votes": votes} if votes else {}),
            "warnings": {str(row): said for row, said in self.warnings.items()},
            **({"unused": {str(row): names for row, names in self.unused.items()}} if self.unused else {}),
            "errors": {str(row): list(map(asdict, errors)) for row, errors in self.errors.items()},
        }

    def _with_errors(self, given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """An answer for every row, of those of the rows that fit."""
        answers = iter(given)
        return [
            {"errors": list(map(asdict, self.errors[row]))} if row in self.errors else next(answers)
            for row in range(self.row_count)
        ]

    def _votes(self) -> list[dict[str, str]]:
        """Each fitting row's votes by voter; nothing where nobody votes."""
        if self.output.votes is None:
            return []
        names, voters = self.manifest.labels, self.manifest.voters
        return [
            {voter: names[position] for voter, position in zip(voters, positions, strict=True)}
            for positions in self.output.votes.tolist()
        ]

    def _spread(self, values: Sequence[str]) -> Sequence[str | None]:
        """A value for every row, of those of the rows that fit."""
        if not self.errors:
            return values
        given = iter(values)
        return [None if row in self.errors else next(given) for row in range(self.row_count)]
