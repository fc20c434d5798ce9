"""Predictions that are numbers, with the interval around each where the model has one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from petalstream.json_schema import NUMBER, Schema, array_of, object_of, or_null
from petalstream.model.outputs import NumberOutput
from services.api.targets.target import PREDICT, Target, WithNulls

INTERVAL = "interval"


class NumberTarget(Target[NumberOutput]):
    """A number in the unit of the target."""

    def empty_output(self) -> NumberOutput:
        """Return no numbers."""
        return NumberOutput(np.empty(0))

    def rows(self, output: NumberOutput) -> list[dict[str, Any]]:
        """Return the prediction, its unit and its interval: from the first to the second of two numbers."""
        numbers, unit = output.numbers.tolist(), self.manifest.unit
        rows: list[dict[str, Any]] = [{"prediction": number, "unit": unit} for number in numbers]
        if self.manifest.interval:
            for row, number in zip(rows, numbers, strict=True):
                row["interval"] = list(self.manifest.bounds(number))
        return rows

    def columns(self, output: NumberOutput, with_nulls: WithNulls) -> dict[str, Any]:
        """Return the same in columns; the interval has one of the lower bounds and one of the upper."""
        columns = {"prediction": with_nulls(output.numbers), "unit": self.manifest.unit}
        if not self.manifest.interval:
            return columns
        lower, upper = self.manifest.bounds(output.numbers)
        return columns | {"interval": {"lower": with_nulls(lower), "upper": with_nulls(upper)}}

    def tensors(self, output: NumberOutput) -> Mapping[str, Any]:
        """Return the numbers, and the bounds of their intervals."""
        if not self.manifest.interval:
            return {PREDICT: output.numbers}
        bounds = np.column_stack(self.manifest.bounds(output.numbers))
        return {PREDICT: output.numbers, INTERVAL: bounds.ravel()}

    def describe_tensors(self) -> Mapping[str, dict[str, Any]]:
        """Return the metadata; the parameters have the unit, and the coverage of the intervals."""
        numbers = {"name": PREDICT, "datatype": "FP64", "shape": [-1], "parameters": {"unit": self.manifest.unit}}
        if not self.manifest.interval:
            return {PREDICT: numbers}
        coverage = {"coverage": self.manifest.interval["coverage"]}
        interval = {"name": INTERVAL, "datatype": "FP64", "shape": [-1, 2], "parameters": coverage}
        return {PREDICT: numbers, INTERVAL: interval}

    def tensor_schemas(self) -> Mapping[str, Schema]:
        """Return the schemas of a number and of a bound."""
        return {PREDICT: NUMBER, INTERVAL: NUMBER}

    def csv_columns(self) -> Sequence[str]:
        """Return a column for the number, its unit and each bound of the interval."""
        return ["prediction", "unit", *(("lower", "upper") if self.manifest.interval else ())]

    def csv_cells(self, prediction: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the cells of these columns."""
        bounds = dict(zip(("lower", "upper"), prediction.get("interval", ()), strict=False))
        return {"prediction": prediction["prediction"], "unit": prediction["unit"], **bounds}

    def row_schema(self) -> Mapping[str, Schema]:
        """Return the schemas of prediction, unit and interval."""
        interval = {**array_of(NUMBER), "minItems": 2, "maxItems": 2}
        return self._schemas({**NUMBER, "description": f"{self.manifest.target}, in the unit"}, interval)

    def columns_schema(self) -> Mapping[str, Schema]:
        """Return the same for columns."""
        column = array_of(or_null(NUMBER))
        return self._schemas(column, object_of({"lower": column, "upper": column}))

    def _schemas(self, number: Schema, interval: Schema) -> dict[str, Schema]:
        schemas = {"prediction": number, "unit": {"const": self.manifest.unit}}
        if self.manifest.interval:
            said = f"Contains the true number in about {self.manifest.interval['coverage']:.0%} of the cases."
            schemas["interval"] = {**interval, "description": said}
        return schemas
