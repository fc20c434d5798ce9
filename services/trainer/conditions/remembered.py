"""Predictions that are made once, as estimators that scikit-learn's scorers can score on any of the rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from petalstream.model.inference import infer_classes, infer_numbers
from petalstream.model.outputs import ClassOutput
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition


class RememberedNumbers(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts for positions of rows what an estimator predicted for the rows."""

    def __init__(self, numbers: NDArray[np.float64]) -> None:
        self.predictions = numbers

    def predict(self, rows: NDArray[np.int64]) -> Any:
        """Return the numbers."""
        return self.predictions[rows]


class RememberedLabels(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The same of labels, with probabilities, or with the scores of a decision function in place of them, if any."""

    def __init__(self, output: ClassOutput, decisions: Any, label_count: int) -> None:
        self.predictions = output.classes
        self.probabilities = output.probabilities
        self.decisions = decisions
        self.classes_ = np.arange(label_count)

    def predict(self, rows: NDArray[np.int64]) -> Any:
        """Return the labels of the rows."""
        return self.predictions[rows]

    @available_if(lambda self: self.probabilities.size)  # type: ignore[untyped-decorator]
    def predict_proba(self, rows: NDArray[np.int64]) -> Any:
        """Return the probabilities of the rows."""
        return self.probabilities[rows]

    @available_if(lambda self: self.decisions is not None)  # type: ignore[untyped-decorator]
    def decision_function(self, rows: NDArray[np.int64]) -> Any:
        """Return the scores of the rows."""
        return self.decisions[rows]


Remembered = RememberedLabels | RememberedNumbers


def remember(estimator: Any, dataset: Dataset, definition: Definition) -> Remembered:
    """Return what `estimator` predicts for the samples."""
    if not definition.labels:
        return RememberedNumbers(infer_numbers(estimator, dataset.frame).numbers)
    count = len(definition.labels)
    output = infer_classes(estimator, dataset.frame, count)
    has_decisions = not output.probabilities.size and hasattr(estimator, "decision_function")
    return RememberedLabels(output, estimator.decision_function(dataset.frame) if has_decisions else None, count)
