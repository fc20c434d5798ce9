"""Learning to predict labels."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from petalstream.model.golden import PROBABILITY_TOLERANCE
from petalstream.model.inference import gives_probabilities, voters, weighted
from petalstream.model.outputs import ClassOutput
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Classes, Definition
from services.trainer.evaluation import label_metrics
from services.trainer.evaluation.threshold import find_threshold
from services.trainer.tasks.task import Score, Scores, Task
from services.trainer.tasks.words import join


class LabelTask(Task[ClassOutput]):
    """One of several labels; the estimator is fitted on their positions."""

    scores: ClassVar[Mapping[str, Score]] = {"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score}

    def __init__(self, definition: Definition, target: Classes) -> None:
        super().__init__(definition)
        self.target = target

    def sentence(self) -> str:
        """Return the name of the target and its labels."""
        target = self.target
        return f"{target.column.replace('_', ' ').capitalize()}: {join(list(target.words.values()), 'or')}"

    def strata(self, dataset: Dataset) -> NDArray[Any]:
        """Return the labels: each part has the same shares."""
        return dataset.targets

    def fitted_on(self, parts: Parts) -> Dataset:
        """Return training and validation part."""
        return parts.training if parts.are_unseen else parts.training.joined(parts.validation)

    def unseen(self, parts: Parts) -> Dataset:
        """Return the test part."""
        return parts.test

    def predicted(self, output: ClassOutput) -> NDArray[np.int64]:
        """Return the positions of the labels."""
        return output.classes

    def validate(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return the accuracy."""
        return label_metrics.validate(estimator, parts.validation, self.definition)

    def compute_metrics(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return the accuracy, further metrics, slices, and each label's precision and recall."""
        return label_metrics.compute(estimator, parts, self.definition, self.target)

    def format_metrics(self, metrics: Mapping[str, Any]) -> str:
        """Return the metrics as lines."""
        return label_metrics.describe(metrics)

    def format_scores(self, scores: Scores) -> str:
        """Return accuracy and balanced accuracy."""
        accuracy, balanced = scores["accuracy"], scores["balanced_accuracy"]
        return (
            f"accuracy {accuracy['mean']:.3f} ± {accuracy['spread']:.3f},"
            f" balanced {balanced['mean']:.3f} ± {balanced['spread']:.3f}"
        )

    def tolerance(self, parts: Parts) -> float:
        """Return that of a probability."""
        return PROBABILITY_TOLERANCE

    def manifest_fields(self, estimator: Any, parts: Parts) -> dict[str, Any]:
        """Return the labels, and what the estimator says of them beside the likeliest."""
        labels, names = self.definition.labels, voters(estimator)
        return {
            "labels": labels,
            "unit": "",
            "interval": {},
            "tolerance": self.tolerance(parts),
            "voters": tuple(names),
            "probability": _probability([name.replace("_", " ") for name in names], estimator),
            "threshold": find_threshold(estimator, labels),
        }


def _probability(names: list[str], estimator: Any) -> str:
    """Return in words what a probability of the model is, "" if it gives none; `names` are those of its voters."""
    if not names:
        return "probability given by the estimator" if gives_probabilities(estimator) else ""
    return f"share of the votes of {join(names, 'and')}{', which have weights' if weighted(estimator) else ''}"
