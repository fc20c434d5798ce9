"""Repeated cross-validation of the chosen parameters, with all inputs and without those that the definition names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import RepeatedStratifiedKFold

from petalstream.model.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError
from services.trainer.fitting.progress import Progress

FOLDS, REPEATS = 5, 5
SCORES = {"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score}


def cross_validate(estimator: Any, dataset: Dataset, definition: Definition, seed: int) -> dict[str, Any]:
    """Return mean and standard deviation of accuracy and balanced accuracy over FOLDS x REPEATS fits on all samples.

    `without` has the same for each input in `compare_without`, for a model without it. The scores are slightly
    optimistic: the parameters were chosen on the training part, which is among these samples. Raises DefinitionError if
    the estimator cannot do without one of these inputs.
    """
    without = {name: _scores_without(name, estimator, dataset, seed) for name in definition.compare_without}
    all_inputs = _scores("cross-validation", estimator, dataset.frame, dataset, seed)
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


def _scores_without(name: str, estimator: Any, dataset: Dataset, seed: int) -> dict[str, dict[str, float]]:
    try:
        return _scores(f"without {name}", estimator, dataset.frame.drop(columns=name), dataset, seed)
    except Exception as error:  # the estimator is the user's, and may ask for its columns by name
        raise DefinitionError(f"compare_without: the estimator cannot do without {name}: {error}") from error


def _scores(
    title: str, estimator: Any, samples: pd.DataFrame, dataset: Dataset, seed: int
) -> dict[str, dict[str, float]]:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed)
    scores: dict[str, list[float]] = {name: [] for name in SCORES}
    label_count = int(dataset.codes.max()) + 1
    with Progress(title, FOLDS * REPEATS) as progress:
        for fitted_on, held_out in folds.split(samples, dataset.codes):
            fitted = clone(estimator).fit(samples.iloc[fitted_on], dataset.codes[fitted_on])
            codes = infer(fitted, samples.iloc[held_out], label_count).classes
            for name, score in SCORES.items():
                scores[name].append(score(dataset.codes[held_out], codes))
            progress.step()
    return {name: {"mean": float(np.mean(found)), "spread": float(np.std(found))} for name, found in scores.items()}
