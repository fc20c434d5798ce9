"""What every kind of target needs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic

from numpy.typing import NDArray

from petalstream.model.outputs import Output
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Definition

Score = Callable[[NDArray[Any], NDArray[Any]], float]
Scores = Mapping[str, Mapping[str, float]]


class Task(ABC, Generic[Output]):
    """Learning to predict the target of a definition."""

    # The scores of the cross-validation by name, each of true and predicted targets.
    scores: ClassVar[Mapping[str, Score]]

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    @abstractmethod
    def sentence(self) -> str:
        """Return what is predicted, for a definition that does not say it."""

    @abstractmethod
    def strata(self, dataset: Dataset) -> NDArray[Any] | None:
        """Return what the parts of the data shall have in equal shares, if anything."""

    @abstractmethod
    def fitted_on(self, parts: Parts) -> Dataset:
        """Return what the served estimator is fitted on: all rows that decide nothing else, the test part excepted.

        Of a model that was fitted elsewhere these are all rows: what it was fitted on is not known.
        """

    @abstractmethod
    def unseen(self, parts: Parts) -> Dataset:
        """Return the rows that the served estimator was not fitted on."""

    @abstractmethod
    def predicted(self, output: Output) -> NDArray[Any]:
        """Return the predicted targets, which scores compare with the true ones."""

    @abstractmethod
    def validate(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return the metrics on the validation part of an estimator that is fitted on the training part alone."""

    @abstractmethod
    def compute_metrics(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return the metrics of the served estimator on the test part."""

    @abstractmethod
    def format_metrics(self, metrics: Mapping[str, Any]) -> str:
        """Return the metrics as the lines that the trainer prints."""

    @abstractmethod
    def format_scores(self, scores: Scores) -> str:
        """Return mean and spread of the `scores` of a cross-validation."""

    @abstractmethod
    def tolerance(self, parts: Parts) -> float:
        """Return by how much a probability or number may differ where it is computed again."""

    @abstractmethod
    def manifest_fields(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return what the manifest has of the target."""
