"""Predictions for labelled samples, in the order of the definition's labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.inference import ballot, infer, is_vote, voters
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition


@dataclass(frozen=True)
class LabelledPredictions:
    """True and predicted labels of shape (n,), and probabilities of shape (n, classes) in the order of `classes`.

    `voters` holds the probabilities of each voter that gives some, by its name.
    """

    classes: tuple[str, ...]
    true: NDArray[np.str_]
    predicted: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    voters: dict[str, NDArray[np.float64]]
    is_vote: bool


def predict(estimator: Any, dataset: Dataset, definition: Definition) -> LabelledPredictions:
    """Return the predictions of `estimator`, and of its voters if it has some, for `dataset`."""
    classes = tuple(definition.words.values())
    order = [list(estimator.classes_).index(label) for label in classes]
    output = infer(estimator, dataset.samples)
    predicted = estimator.classes_[output.classes]
    of_voters = {name: given[:, order] for name, given in _of_voters(estimator, dataset.samples).items()}
    probabilities = output.probabilities[:, order]
    return LabelledPredictions(classes, dataset.labels, predicted, probabilities, of_voters, is_vote(estimator))


def _of_voters(estimator: Any, samples: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    if not is_vote(estimator):
        return {}
    vote, seen = ballot(estimator, samples)
    fitted = {name: vote.named_estimators_[name] for name in voters(estimator)}
    return {name: voter.predict_proba(seen) for name, voter in fitted.items() if hasattr(voter, "predict_proba")}
