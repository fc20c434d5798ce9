"""What a fitted scikit-learn estimator says of samples; trainer and api must compute it alike. It needs numpy alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.error_text import MAX_CHARACTERS
from petalstream.model.outputs import ClassOutput, ModelOutput, NumberOutput, require_finite


def infer(estimator: Any, frame: Any, label_count: int) -> ModelOutput:
    """Return what `estimator` predicts for a data frame with its inputs: labels, or numbers if `label_count` is 0.

    A classifier was fitted on the positions of labels. Raises ValueError if a predicted class is no position of a
    label, or a number or probability is NaN or infinite.
    """
    return infer_classes(estimator, frame, label_count) if label_count else infer_numbers(estimator, frame)


def infer_numbers(estimator: Any, frame: Any) -> NumberOutput:
    """Return the numbers that `estimator` predicts. Raises ValueError unless there is a finite one for each row."""
    found = np.asarray(estimator.predict(frame), dtype=np.float64).ravel()
    _require_one_a_row(found, len(frame), "numbers")
    require_finite(found, "number")
    return NumberOutput(found)


def infer_classes(estimator: Any, frame: Any, label_count: int) -> ClassOutput:
    """Return the labels that `estimator` predicts. Raises ValueError as `infer` does.

    A majority vote (scikit-learn's VotingClassifier with voting="hard", alone or last in a Pipeline) has no
    probabilities of its own: a class gets its share of the votes, so that the label is always the likeliest one.
    """
    if not is_vote(estimator):
        classes = _read_classes(estimator.predict(frame), len(frame), label_count)
        return ClassOutput(classes, _probabilities(estimator, frame), None)
    vote, seen = ballot(estimator, frame)
    votes = vote.transform(seen)
    positions = range(len(vote.classes_))
    shares = np.stack([np.average(votes == each, axis=1, weights=weights(vote)) for each in positions], axis=1)
    # Among equals the first class wins, as in VotingClassifier.predict.
    return ClassOutput(shares.argmax(axis=1), shares, votes)


def gives_probabilities(estimator: Any) -> bool:
    """Return whether the estimator gives probabilities, or shares of votes."""
    return is_vote(estimator) or hasattr(estimator, "predict_proba")


def _read_classes(predicted: Any, rows: int, label_count: int) -> NDArray[np.int64]:
    """Return the predicted positions of labels. Raises ValueError unless there is a valid one for each row."""
    found = np.asarray(predicted).ravel()
    _require_one_a_row(found, rows, "classes")
    try:
        numbers = found.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(rows, np.nan)
    is_position = (numbers >= 0) & (numbers < label_count) & (numbers == np.floor(numbers))
    if not is_position.all():
        wrong = found[~is_position].tolist()[0]
        raise ValueError(
            f"the estimator predicts the class {str(wrong)[:MAX_CHARACTERS]}; it must predict the position of a label,"
            f" a whole number from 0 to {label_count - 1}"
        )
    return numbers.astype(np.int64)


def _probabilities(estimator: Any, frame: Any) -> NDArray[np.float64]:
    """Return the probabilities in the order of the labels, whatever the order of `classes_` is; none: (n, 0).

    Raises ValueError if one is NaN or infinite.
    """
    if not gives_probabilities(estimator):
        return np.empty((len(frame), 0))
    found = np.asarray(estimator.predict_proba(frame), dtype=np.float64)
    require_finite(found, "probability")
    order = np.argsort(np.asarray(last_step(estimator).classes_).astype(np.int64))
    return found if (order == np.arange(len(order))).all() else found[:, order]


def _require_one_a_row(found: NDArray[Any], rows: int, what: str) -> None:
    if len(found) != rows:
        raise ValueError(f"the estimator predicts {len(found)} {what} for {rows} rows; it must predict one a row")


def ballot(estimator: Any, samples: Any) -> tuple[Any, Any]:
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
