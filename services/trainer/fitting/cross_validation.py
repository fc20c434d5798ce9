"""Repeated cross-validation of the chosen parameters, with all inputs and without those that the definition names."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from petalstream.model.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.data.folds import Rows, folds, thinned
from services.trainer.definition import Definition, DefinitionError
from services.trainer.fitting.progress import Progress
from services.trainer.tasks import task_of

FOLDS, REPEATS = 5, 5


def cross_validate(estimator: Any, dataset: Dataset, definition: Definition, seed: int, rows: int) -> dict[str, Any]:
    """Return mean and standard deviation of the task's scores over FOLDS x REPEATS fits on `rows` samples each.

    That many samples the served estimator is fitted on. `without` has the same for each input in `compare_without`, for
    a model without it. The scores are slightly optimistic: the parameters were chosen on the training part, which is
    among these samples. Rows in the order of time are held out once, after rows of which there may be fewer; there is
    nothing if these lack a label. Raises DefinitionError if the estimator cannot do without one of these inputs.
    """
    repeats = 1 if dataset.times is not None else REPEATS
    divided = list(_folds(dataset, definition, seed, repeats, rows))
    if not divided:
        return {}
    without = {
        name: _scores_without(name, estimator, dataset, definition, divided) for name in definition.compare_without
    }
    all_inputs = _scores("cross-validation", estimator, dataset.frame, dataset, definition, divided)
    fitted_on = int(np.median([len(fitted) for fitted, _ in divided]))
    return {"folds": len(divided) // repeats, "repeats": repeats, "rows": fitted_on, **all_inputs, "without": without}


def format_cross_validation(scores: Mapping[str, Any], definition: Definition) -> str:
    """Return the scores as the lines that the trainer prints: with all inputs, then without each that is compared."""
    if not scores:
        return "no cross-validation: the earliest rows lack a label"
    measured, task = (
        {"": scores} | {f" without {name}": each for name, each in scores["without"].items()},
        task_of(definition),
    )
    return "\n".join(
        f"{scores['repeats']} x {scores['folds']}-fold cross-validation{which}: {task.format_scores(found)}"
        for which, found in measured.items()
    )


def _folds(dataset: Dataset, definition: Definition, seed: int, repeats: int, rows: int) -> Iterator[tuple[Rows, Rows]]:
    strata = task_of(definition).strata(dataset)
    for repeat in range(repeats):
        for fitted, held_out in folds(dataset, strata, FOLDS, seed + repeat):
            yield thinned(dataset, fitted, rows / len(fitted), seed + repeat), held_out


def _scores_without(
    name: str, estimator: Any, dataset: Dataset, definition: Definition, divided: list[tuple[Rows, Rows]]
) -> dict[str, dict[str, float]]:
    try:
        return _scores(f"without {name}", estimator, dataset.frame.drop(columns=name), dataset, definition, divided)
    except Exception as error:  # the estimator is the user's, and may ask for its columns by name
        raise DefinitionError(f"compare_without: the estimator cannot do without {name}: {error}") from error


def _scores(
    title: str,
    estimator: Any,
    samples: pd.DataFrame,
    dataset: Dataset,
    definition: Definition,
    divided: list[tuple[Rows, Rows]],
) -> dict[str, dict[str, float]]:
    task, label_count = task_of(definition), len(definition.labels)
    scores: dict[str, list[float]] = {name: [] for name in task.scores}
    with Progress(title, len(divided)) as progress:
        for fitted_on, held_out in divided:
            fitted = clone(estimator).fit(samples.iloc[fitted_on], dataset.targets[fitted_on])
            predicted = task.predicted(infer(fitted, samples.iloc[held_out], label_count))
            for name, score in task.scores.items():
                scores[name].append(score(dataset.targets[held_out], predicted))
            progress.step()
    return {name: {"mean": float(np.mean(found)), "spread": float(np.std(found))} for name, found in scores.items()}
