"""Repeated cross-validation of the chosen parameters, with all inputs and without those that the definition names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from petalstream.model.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError
from services.trainer.fitting.progress import Progress
from services.trainer.tasks import task_of

FOLDS, REPEATS = 5, 5


def cross_validate(estimator: Any, dataset: Dataset, definition: Definition, seed: int) -> dict[str, Any]:
    """Return mean and standard deviation of the task's scores over FOLDS x REPEATS fits on all samples.

    `without` has the same for each input in `compare_without`, for a model without it. The scores are slightly
    optimistic: the parameters were chosen on the training part, which is among these samples. Raises DefinitionError if
    the estimator cannot do without one of these inputs.
    """
    without = {name: _scores_without(name, estimator, dataset, definition, seed) for name in definition.compare_without}
    all_inputs = _scores("cross-validation", estimator, dataset.frame, dataset, definition, seed)
    return {"folds": FOLDS, "repeats": REPEATS, **all_inputs, "without": without}


def format_cross_validation(scores: Mapping[str, Any], definition: Definition) -> str:
    """Return the scores as the lines that the trainer prints: with all inputs, then without each that is compared."""
    measured, task = (
        {"": scores} | {f" without {name}": each for name, each in scores["without"].items()},
        task_of(definition),
    )
    return "\n".join(
        f"{scores['repeats']} x {scores['folds']}-fold cross-validation{which}: {task.format_scores(found)}"
        for which, found in measured.items()
    )


def _scores_without(
    name: str, estimator: Any, dataset: Dataset, definition: Definition, seed: int
) -> dict[str, dict[str, float]]:
    try:
        return _scores(f"without {name}", estimator, dataset.frame.drop(columns=name), dataset, definition, seed)
    except Exception as error:  # the estimator is the user's, and may ask for its columns by name
        raise DefinitionError(f"compare_without: the estimator cannot do without {name}: {error}") from error


def _scores(
    title: str, estimator: Any, samples: pd.DataFrame, dataset: Dataset, definition: Definition, seed: int
) -> dict[str, dict[str, float]]:
    task, label_count = task_of(definition), len(definition.labels)
    folds = task.repeated_folds(FOLDS, REPEATS, seed)
    scores: dict[str, list[float]] = {name: [] for name in task.scores}
    with Progress(title, FOLDS * REPEATS) as progress:
        for fitted_on, held_out in folds.split(samples, dataset.targets):
            fitted = clone(estimator).fit(samples.iloc[fitted_on], dataset.targets[fitted_on])
            predicted = task.predicted(infer(fitted, samples.iloc[held_out], label_count))
            for name, score in task.scores.items():
                scores[name].append(score(dataset.targets[held_out], predicted))
            progress.step()
    return {name: {"mean": float(np.mean(found)), "spread": float(np.std(found))} for name, found in scores.items()}
