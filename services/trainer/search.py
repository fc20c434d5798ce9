"""Chooses a model's parameters by grid search over five folds of the training part."""

import logging
import warnings
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from services.trainer.dataset import Dataset
from services.trainer.definition import Definition

FOLDS = 5
PROGRESS_LINES = 10
log = logging.getLogger(__name__)


class Progress:
    """A scikit-learn fit callback that logs a line for each tenth of the search's fits."""

    def __init__(self) -> None:
        self._done = 0
        self._shown = 0

    def setup(self, estimator: Any, context: Any) -> None:
        """Asked for by scikit-learn's protocol of a callback; there is nothing to prepare."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Asked for by the protocol too."""

    def on_fit_task_begin(self, estimator: Any, context: Any, **_: Any) -> None:
        """Asked for by the protocol too."""

    def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> None:
        """Count one fit of one candidate on one fold."""
        if context.task_name != "candidate-split-evaluation":
            return
        self._done += 1
        total = context.parent.max_subtasks
        if self._done * PROGRESS_LINES // total > self._shown:
            self._shown = self._done * PROGRESS_LINES // total
            log.info("search: %d of %d fits", self._done, total)


def search(definition: Definition, training: Dataset, seed: int) -> tuple[Any, dict[str, Any]]:
    """The estimator with the best mean accuracy over the folds, fitted on all of `training`, and its parameters.

    Among equals the first in the grid's order wins. Fits that do not converge are counted, and scored like the others.
    """
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    grid = GridSearchCV(clone(definition.estimator), dict(definition.grid), cv=folds, scoring="accuracy")
    grid.set_callbacks(Progress())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        grid.fit(training.samples, training.labels)
    unfinished = sum(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    for told in {str(warning.message) for warning in caught if not issubclass(warning.category, ConvergenceWarning)}:
        log.warning("search: %s", told)
    log.info("search: best mean accuracy %.3f over %d folds", grid.best_score_, FOLDS)
    if unfinished:
        log.info("search: %d fits reached max_iter before they converged", unfinished)
    return grid.best_estimator_, grid.best_params_
