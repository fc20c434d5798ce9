"""What a model says of labelled samples, in the order of the definition's labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.inference import ballot, infer, is_vote, voters
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition


@dataclass(frozen=True)
class Answers:
    """True and predicted labels of shape (n,), and probabilities of shape (n, classes) in the order of `classes`.

    `voters` holds the probabilities of those voters who have some, by name.
    """

    classes: tuple[str, ...]
    true: NDArray[np.str_]
    predicted: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    voters: dict[str, NDArray[np.float64]]
    vote: bool


def answers(estimator: Any, dataset: Dataset, definition: Definition) -> Answers:
    """What `estimator` and its voters, if any, say of `dataset`."""
    classes = tuple(definition.words.values())
    order = [list(estimator.classes_).index(label) for label in classes]
    found = infer(estimator, dataset.samples)
    predicted = estimator.classes_[found.classes]
    own = {name: given[:, order] for name, given in _of_voters(estimator, dataset.samples).items()}
    return Answers(classes, dataset.labels, predicted, found.probabilities[:, order], own, vote=is_vote(estimator))


def joined(first: Dataset, second: Dataset) -> Dataset:
    """The samples of both."""
    return Dataset(
        np.concatenate([first.values, second.values]),
        np.concatenate([first.samples, second.samples]),
        np.concatenate([first.labels, second.labels]),
        np.concatenate([first.lines, second.lines]),
    )


def _of_voters(estimator: Any, samples: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    if not is_vote(estimator):
        return {}
    vote, seen = ballot(estimator, samples)
    fitted = {name: vote.named_estimators_[name] for name in voters(estimator)}
    return {name: voter.predict_proba(seen) for name, voter in fitted.items() if hasattr(voter, "predict_proba")}
