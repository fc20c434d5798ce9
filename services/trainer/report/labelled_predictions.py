"""Predictions for labelled samples, in the order of the definition's labels, the positive one last."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.model.inference import ballot, infer_classes, is_vote, voters
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes


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


def predict(estimator: Any, dataset: Dataset, target: Classes) -> LabelledPredictions:
    """Return the predictions of `estimator`, and of its voters if it has some, for `dataset`."""
    order = [target.order.index(label) for label in target.displayed]
    output = infer_classes(estimator, dataset.frame, len(target.order))
    predicted = np.array(target.order)[output.classes]
    of_voters = {name: given[:, order] for name, given in _of_voters(estimator, dataset.frame).items()}
    probabilities = output.probabilities[:, order] if output.probabilities.shape[1] else output.probabilities
    return LabelledPredictions(target.displayed, dataset.texts, predicted, probabilities, of_voters, is_vote(estimator))


def _of_voters(estimator: Any, samples: Any) -> dict[str, NDArray[np.float64]]:
    if not is_vote(estimator):
        return {}
    vote, seen = ballot(estimator, samples)
    fitted = {name: vote.named_estimators_[name] for name in voters(estimator)}
    return {name: voter.predict_proba(seen) for name, voter in fitted.items() if hasattr(voter, "predict_proba")}
