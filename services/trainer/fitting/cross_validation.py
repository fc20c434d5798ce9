"""Repeated cross-validation: what a model with the chosen parameters is worth, and how much the rows matter in it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import RepeatedStratifiedKFold

from petalstream.inference import predicted
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition
from services.trainer.fitting.progress import Progress

FOLDS, REPEATS = 5, 5
SCORES = {"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score}


def cross_validate(estimator: Any, dataset: Dataset, definition: Definition, seed: int) -> dict[str, Any]:
    """Mean and spread (standard deviation) of accuracy and balanced accuracy over FOLDS x REPEATS fits on all rows.

    `without` holds the same for the model without each of the inputs to compare. The parameters are the chosen ones,
    which the training part had a say in: the figures are a little too good.
    """
    names, samples = [feature.name for feature in definition.inputs], dataset.samples
    without = {
        name: _scores(f"without {name}", estimator, np.delete(samples, names.index(name), axis=1), dataset, seed)
        for name in definition.compare_without
    }
    all_inputs = _scores("cross-validation", estimator, samples, dataset, seed)
    return {"folds": FOLDS, "repeats": REPEATS, **all_inputs, "without": without}


def _scores(
    what: str, estimator: Any, samples: NDArray[np.float64], dataset: Dataset, seed: int
) -> dict[str, dict[str, float]]:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed)
    found: dict[str, list[float]] = {name: [] for name in SCORES}
    with Progress(what, FOLDS * REPEATS) as progress:
        for fitted_on, held_out in folds.split(samples, dataset.labels):
            model = clone(estimator).fit(samples[fitted_on], dataset.labels[fitted_on])
            answered = predicted(model, samples[held_out])
            for name, score in SCORES.items():
                found[name].append(score(dataset.labels[held_out], answered))
            progress.step()
    return {name: {"mean": float(np.mean(scores)), "spread": float(np.std(scores))} for name, scores in found.items()}
