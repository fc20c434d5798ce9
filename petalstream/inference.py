"""What a fitted scikit-learn estimator says of samples; trainer and api must compute it alike. It needs numpy alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ModelOutput:
    """What a model says of n samples; a label is told by its position among the model's labels.

    `classes` has shape (n,), `probabilities` (n, labels), `votes` (n, voters), and is None where nobody votes.
    """

    classes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    votes: NDArray[np.int64] | None


def infer(estimator: Any, samples: NDArray[np.float64]) -> ModelOutput:
    """What `estimator` says of `samples`, of shape (n, inputs).

    A majority vote (scikit-learn's VotingClassifier with voting="hard", alone or last in a Pipeline) has no
    probabilities of its own: a class gets its share of the votes, so that the label is always the likeliest one.
    """
    if not is_vote(estimator):
        classes = np.searchsorted(estimator.classes_, estimator.predict(samples))
        return ModelOutput(classes, estimator.predict_proba(samples), None)
    vote, seen = ballot(estimator, samples)
    votes = vote.transform(seen)
    positions = range(len(vote.classes_))
    shares = np.stack([np.average(votes == each, axis=1, weights=weights(vote)) for each in positions], axis=1)
    # Among equals the first class wins, as in VotingClassifier.predict.
    return ModelOutput(shares.argmax(axis=1), shares, votes)


def predicted(estimator: Any, samples: NDArray[np.float64]) -> NDArray[np.str_]:
    """The labels that `estimator` gives the samples, of shape (n,)."""
    labels: NDArray[np.str_] = estimator.classes_[infer(estimator, samples).classes]
    return labels


def ballot(estimator: Any, samples: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:
    """The majority vote itself, and the samples as they reach it: through the steps of the Pipeline that it ends."""
    for _, step in steps_before(estimator):
        samples = step.transform(samples)
    return last_step(estimator), samples


def is_vote(estimator: Any) -> bool:
    """Whether the estimator is a majority vote."""
    return getattr(last_step(estimator), "voting", None) == "hard"


def voters(estimator: Any) -> list[str]:
    """The names of those who vote, none where the estimator is no vote."""
    return [name for name, voter in last_step(estimator).estimators if voter != "drop"] if is_vote(estimator) else []


def weighted(estimator: Any) -> bool:
    """Whether the votes of some count more than those of others."""
    return is_vote(estimator) and len(set(weights(last_step(estimator)) or [])) > 1


def weights(vote: Any) -> list[float] | None:
    """What each vote counts in a VotingClassifier, None where all count the same."""
    if vote.weights is None:
        return None
    return [weight for (_, voter), weight in zip(vote.estimators, vote.weights, strict=True) if voter != "drop"]


def last_step(estimator: Any) -> Any:
    """What gives the answer in the end: the last step of a Pipeline, anything else by itself."""
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def steps_before(estimator: Any) -> list[tuple[str, Any]]:
    """The steps of a Pipeline before its last one, by name; none where the estimator is no Pipeline."""
    return estimator.steps[:-1] if hasattr(estimator, "steps") else []
