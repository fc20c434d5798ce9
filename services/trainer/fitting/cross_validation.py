"""Repeated cross-validation of the chosen parameters, with all inputs and without those that the definition names."""

from collections.abc import Mapping
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
    """Return mean and standard deviation of accuracy and balanced accuracy over FOLDS x REPEATS fits on all samples.

    `without` has the same for each input in `compare_without`, for a model without it. The scores are slightly
    optimistic: the parameters were chosen on the training part, which is among these samples.
    """
    names, samples = [feature.name for feature in definition.inputs], dataset.samples
    without = {
        name: _scores(f"without {name}", estimator, np.delete(samples, names.index(name), axis=1), dataset, seed)
        for name in definition.compare_without
    }
    all_inputs = _scores("cross-validation", estimator, samples, dataset, seed)
    return {"folds": FOLDS, "repeats": REPEATS, **all_inputs, "without": without}


def format_cross_validation(scores: Mapping[str, Any]) -> str:
    """Return the scores as the lines that the trainer prints: with all inputs, then without each that is compared."""
    measured = {"": scores} | {f" without {name}": less for name, less in scores["without"].items()}
    return "\n".join(
        f"{scores['repeats']} x {scores['folds']}-fold cross-validation{which}:"
        f" accuracy {found['accuracy']['mean']:.3f} ± {found['accuracy']['spread']:.3f},"
        f" balanced {found['balanced_accuracy']['mean']:.3f} ± {found['balanced_accuracy']['spread']:.3f}"
        for which, found in measured.items()
    )


def _scores(
    title: str, estimator: Any, samples: NDArray[np.float64], dataset: Dataset, seed: int
) -> dict[str, dict[str, float]]:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed)
    scores: dict[str, list[float]] = {name: [] for name in SCORES}
    with Progress(title, FOLDS * REPEATS) as progress:
        for fitted_on, held_out in folds.split(samples, dataset.labels):
            fitted = clone(estimator).fit(samples[fitted_on], dataset.labels[fitted_on])
            labels = predicted(fitted, samples[held_out])
            for name, score in SCORES.items():
                scores[name].append(score(dataset.labels[held_out], labels))
            progress.step()
    return {name: {"mean": float(np.mean(found)), "spread": float(np.std(found))} for name, found in scores.items()}
