"""What a fitted scikit-learn estimator says of samples; trainer and api must compute it alike. It needs numpy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Inference:
    """Labels of shape (n,), probabilities of shape (n, classes), and each voter's labels of shape (n,), if any vote."""

    labels: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    votes: Mapping[str, NDArray[np.str_]]


def infer(estimator: Any, samples: NDArray[np.float64]) -> Inference:
    """What `estimator` says of `samples`, of shape (n, inputs).

    A majority vote (scikit-learn's VotingClassifier with voting="hard", alone or last in a Pipeline) has no
    probabilities of its own: a class gets its share of the votes, so that the label is always the likeliest one.
    """
    if not is_vote(estimator):
        return Inference(estimator.predict(samples), estimator.predict_proba(samples), {})
    vote, seen = ballot(estimator, samples)
    positions = vote.transform(seen)
    classes = range(len(vote.classes_))
    shares = np.stack([np.average(positions == each, axis=1, weights=_weights(vote)) for each in classes], axis=1)
    votes = {name: vote.classes_[of_voter] for name, of_voter in zip(voters(estimator), positions.T, strict=True)}
    # Among equals the first class wins, as in VotingClassifier.predict.
    return Inference(vote.classes_[shares.argmax(axis=1)], shares, votes)


def ballot(estimator: Any, samples: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:
    """The majority vote itself, and the samples as they reach it: through the steps of the Pipeline that it ends."""
    vote = _last(estimator)
    for _, step in estimator.steps[:-1] if vote is not estimator else []:
        samples = step.transform(samples)
    return vote, samples


def is_vote(estimator: Any) -> bool:
    """Whether the estimator is a majority vote."""
    return getattr(_last(estimator), "voting", None) == "hard"


def voters(estimator: Any) -> list[str]:
    """The names of those who vote, none where the estimator is no vote."""
    return [name for name, voter in _last(estimator).estimators if voter != "drop"] if is_vote(estimator) else []


def weighted(estimator: Any) -> bool:
    """Whether the votes of some count more than those of others."""
    return is_vote(estimator) and len(set(_weights(_last(estimator)) or [])) > 1


def _last(estimator: Any) -> Any:
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def _weights(vote: Any) -> list[float] | None:
    if vote.weights is None:
        return None
    return [weight for (_, voter), weight in zip(vote.estimators, vote.weights, strict=True) if voter != "drop"]
