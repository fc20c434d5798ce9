"""A joined graph as an estimator, for what the trainer asks of one."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from petalstream.model.graph import Graph
from petalstream.model.outputs import ClassOutput, NumberOutput


class GraphClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts positions of labels with a graph, and probabilities if it gives some."""

    def __init__(self, content: bytes, label_count: int, has_probabilities: bool) -> None:
        self.content = content
        self.label_count = label_count
        self.has_probabilities = has_probabilities
        self.classes_ = np.arange(label_count)
        self._graph = Graph(content)

    @property
    def predict_proba(self) -> Any:
        """Return the function that gives probabilities. Raises AttributeError if the graph gives none."""
        if not self.has_probabilities:
            raise AttributeError("the graph gives no probabilities")
        return lambda frame: self._infer(to_matrix(frame)).probabilities

    def fit(self, frame: Any, targets: Any) -> Self:
        """Do nothing: scikit-learn takes what has no `fit` for no estimator."""
        return self

    def predict(self, frame: Any) -> NDArray[np.int64]:
        """Return the positions of n rows, of shape (n,)."""
        return self._infer(to_matrix(frame)).classes

    def _infer(self, matrix: NDArray[np.float64]) -> ClassOutput:
        found = self._graph.infer(matrix)
        assert isinstance(found, ClassOutput)  # noqa: S101 - the graph was joined as a classifier
        return found


class GraphRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts numbers with a graph."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._graph = Graph(content)

    def fit(self, frame: Any, targets: Any) -> Self:
        """Do nothing: scikit-learn takes what has no `fit` for no estimator."""
        return self

    def predict(self, frame: Any) -> NDArray[np.float64]:
        """Return the numbers of n rows, of shape (n,)."""
        found = self._graph.infer(to_matrix(frame))
        assert isinstance(found, NumberOutput)  # noqa: S101 - the graph was joined as a regressor
        return found.numbers


def to_matrix(frame: Any) -> NDArray[np.float64]:
    """Return the matrix that `petalstream.model.frames.to_frame` made a data frame of."""
    return np.column_stack([_numbers(frame[name]) for name in frame.columns])


def _numbers(column: Any) -> NDArray[np.float64]:
    if column.dtype.name != "category":
        return np.asarray(column, np.float64)
    codes = np.asarray(column.cat.codes, np.float64)
    return np.where(codes < 0, np.nan, codes)
