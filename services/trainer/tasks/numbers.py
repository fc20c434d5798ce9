"""Learning to predict a number."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score

from petalstream.features import Number
from petalstream.model.golden import RELATIVE_TOLERANCE
from petalstream.model.metrics import DIGITS
from petalstream.model.outputs import NumberOutput
from petalstream.readable import readable
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Definition
from services.trainer.evaluation import number_metrics
from services.trainer.evaluation.intervals import half_width
from services.trainer.tasks.task import Score, Scores, Task


class NumberTask(Task[NumberOutput]):
    """A number in the unit of the target."""

    scores: ClassVar[Mapping[str, Score]] = {"r2": r2_score, "mean_absolute_error": mean_absolute_error}

    def __init__(self, definition: Definition, target: Number) -> None:
        super().__init__(definition)
        self.target = target

    def sentence(self) -> str:
        """Return the name of the target and its unit."""
        target = self.target
        return f"{target.label}, in {target.unit}" if target.unit else target.label

    def strata(self, dataset: Dataset) -> None:
        """Return nothing: the parts are drawn from all rows alike."""

    def fitted_on(self, parts: Parts) -> Dataset:
        """Return the training part: the validation part decides on the width of the intervals."""
        return parts.training

    def unseen(self, parts: Parts) -> Dataset:
        """Return validation and test part."""
        return parts.validation.joined(parts.test)

    def predicted(self, output: NumberOutput) -> NDArray[np.float64]:
        """Return the numbers."""
        return output.numbers

    def validate(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return R²."""
        return number_metrics.validate(estimator, parts.validation)

    def compute_metrics(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return R² and the errors, beside those of always predicting the mean, and slices."""
        half = self._half_width(estimator, parts)
        return number_metrics.compute(estimator, parts, self.definition.columns, half)

    def format_metrics(self, metrics: Mapping[str, Any]) -> str:
        """Return the metrics as lines."""
        return number_metrics.describe(metrics, self.target.unit, self.definition.coverage)

    def format_scores(self, scores: Scores) -> str:
        """Return R² and the mean absolute error."""
        r2, error, unit = scores["r2"], scores["mean_absolute_error"], self.target.unit
        return (
            f"R² {r2['mean']:.3f} ± {r2['spread']:.3f},"
            f" mean absolute error {readable(error['mean'], digits=DIGITS)} ± {readable(error['spread'], unit, DIGITS)}"
        )

    def tolerance(self, parts: Parts) -> float:
        """Return a share of the greatest number of the training part."""
        return RELATIVE_TOLERANCE * float(np.abs(parts.training.targets).max())

    def manifest_fields(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return the unit and the interval."""
        definition, half = self.definition, self._half_width(estimator, parts)
        return {
            "labels": (),
            "unit": self.target.unit,
            "interval": {} if half is None else {"coverage": definition.coverage, "half_width": half},
            "tolerance": self.tolerance(parts),
            "voters": (),
            "probability": "",
            "threshold": {},
        }

    def _half_width(self, estimator: Any, parts: Parts) -> float | None:
        """Return half the width of the intervals, from the validation part, on which nothing was fitted."""
        predicted = number_metrics.predict(estimator, parts.validation)
        return half_width(parts.validation.targets, predicted, self.definition.coverage)
