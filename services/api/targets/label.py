"""Predictions that are labels, with their probabilities, votes and threshold where the model has them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from petalstream.json_schema import Schema, array_of, object_of, one_of, or_null
from petalstream.model.outputs import ClassOutput
from services.api.targets.target import PREDICT, Target, WithNulls

PROBABILITIES = "predict_proba"
PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_OF_EACH_ROW = "One value per row, null if the row has errors; the same holds for the other columns."
_OF_THRESHOLD = "The probability from which on this label is predicted, instead of the likelier one."


class LabelTarget(Target[ClassOutput]):
    """One of several labels."""

    def empty_output(self) -> ClassOutput:
        """Return no labels."""
        voters, scored = len(self.manifest.voters), len(self.manifest.scored_labels)
        votes = np.empty((0, voters), np.int64) if voters else None
        return ClassOutput(np.empty(0, np.int64), np.empty((0, scored)), votes)

    def rows(self, output: ClassOutput) -> list[dict[str, Any]]:
        """Return label, probabilities and, if the model has them, votes and threshold."""
        names, labels = self.manifest.scored_labels, self._words(output.classes.tolist())
        rows: list[dict[str, Any]] = [
            {"label": label, "probabilities": dict(zip(names, each))}  # noqa: B905 - strict=True takes half as long again
            for label, each in zip(labels, output.probabilities.tolist(), strict=True)
        ]
        if output.votes is not None:
            for row, positions in zip(rows, output.votes.tolist(), strict=True):
                row["votes"] = dict(zip(self.manifest.voters, self._words(positions), strict=True))
        if self.manifest.threshold:
            for row in rows:
                row["threshold"] = self.manifest.threshold
        return rows

    def columns(self, output: ClassOutput, with_nulls: WithNulls) -> dict[str, Any]:
        """Return the same in columns."""
        names, probabilities = self.manifest.scored_labels, np.ascontiguousarray(output.probabilities.T)
        columns: dict[str, Any] = {
            "label": with_nulls(self._words(output.classes.tolist())),
            "probabilities": {name: with_nulls(column) for name, column in zip(names, probabilities, strict=True)},
        }
        if output.votes is not None:
            votes = (with_nulls(self._words(positions)) for positions in output.votes.T.tolist())
            columns["votes"] = dict(zip(self.manifest.voters, votes, strict=True))
        return columns | ({"threshold": self.manifest.threshold} if self.manifest.threshold else {})

    def tensors(self, output: ClassOutput) -> Mapping[str, Any]:
        """Return the labels and the probabilities."""
        return {PREDICT: self._words(output.classes.tolist()), PROBABILITIES: output.probabilities.ravel()}

    def describe_tensors(self) -> Mapping[str, dict[str, Any]]:
        """Return the metadata; the parameters of the probabilities, if there are any, name their labels."""
        labels = {PREDICT: {"name": PREDICT, "datatype": "BYTES", "shape": [-1]}}
        if not (names := self.manifest.scored_labels):
            return labels
        classes = {f"class_{column}": label for column, label in enumerate(names)}
        shape = [-1, len(names)]
        described = {"name": PROBABILITIES, "datatype": "FP64", "shape": shape, "parameters": classes}
        return labels | {PROBABILITIES: described}

    def tensor_schemas(self) -> Mapping[str, Schema]:
        """Return the schemas of a label and of a probability."""
        return {PREDICT: one_of(self.manifest.labels), PROBABILITIES: PROBABILITY}

    def csv_columns(self) -> Sequence[str]:
        """Return a column for the label, each probability, the threshold and each vote."""
        return [
            "label",
            *(f"probability_{label}" for label in self.manifest.scored_labels),
            *(f"threshold_{label}" for label in self.manifest.threshold),
            *(f"vote_{voter}" for voter in self.manifest.voters),
        ]

    def csv_cells(self, prediction: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the cells of these columns."""
        return {
            "label": prediction["label"],
            **{f"probability_{label}": share for label, share in prediction["probabilities"].items()},
            **{f"threshold_{label}": least for label, least in prediction.get("threshold", {}).items()},
            **{f"vote_{voter}": label for voter, label in prediction.get("votes", {}).items()},
        }

    def row_schema(self) -> Mapping[str, Schema]:
        """Return the schemas of label, probabilities, votes and threshold."""
        label = one_of(self.manifest.labels)
        return {"label": label, **self._schemas(PROBABILITY, label)}

    def columns_schema(self) -> Mapping[str, Schema]:
        """Return the same for columns."""
        labels = {**array_of({"enum": [*self.manifest.labels, None]}), "description": _OF_EACH_ROW}
        return {"label": labels, **self._schemas(array_of(or_null(PROBABILITY)), labels)}

    def _schemas(self, probability: Schema, label: Schema) -> dict[str, Schema]:
        manifest = self.manifest
        said = manifest.probability or "The model gives none."
        schemas = {
            "probabilities": {**object_of(dict.fromkeys(manifest.scored_labels, probability)), "description": said}
        }
        if manifest.voters:
            schemas["votes"] = object_of(dict.fromkeys(manifest.voters, label))
        if manifest.threshold:
            least = {label: {"const": least} for label, least in manifest.threshold.items()}
            schemas["threshold"] = {**object_of(least), "description": _OF_THRESHOLD}
        return schemas

    def _words(self, positions: Sequence[int]) -> list[str]:
        labels = self.manifest.labels
        return [labels[position] for position in positions]
