"""Grid search of a model's parameters by cross-validation on the training part."""

import logging
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, ParameterGrid

from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.data.folds import folds
from services.trainer.definition import Definition, DefinitionError, is_searched_by_voter
from services.trainer.definition.scores import measure
from services.trainer.fitting.progress import Progress
from services.trainer.fitting.seeding import seeded
from services.trainer.tasks import task_of

FOLDS = 5
MAX_ERROR_LENGTH = 300
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SearchScores:
    """The candidates of one search, the best first: parameters, mean and standard deviation of the scores of all folds.

    `searched` is the name of a voter, or "" for the whole estimator. Candidates without a score are left out.
    """

    searched: str
    scoring: str
    folds: int
    rows: Sequence[tuple[Mapping[str, Any], float, float]]


class FitCounter:
    """A scikit-learn callback that counts the fits of the search."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing; scikit-learn's callback protocol requires the method."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing; the protocol requires the method."""

    def on_fit_task_begin(self, estimator: Any, context: Any, **_: Any) -> None:
        """Do nothing; the protocol requires the method."""

    def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> None:
        """Count the fit of a candidate on a fold."""
        if context.task_name == "candidate-split-evaluation":
            self._progress.step()


def search(definition: Definition, training: Dataset, seed: int) -> tuple[Any, dict[str, Any], list[SearchScores]]:
    """Return the estimator with the best parameters, fitted on all of `training`, the parameters and all scores.

    The best has the highest mean score over the folds, and is the first of several in the grid's order. Each voter of a
    majority vote is searched by itself, with the part of the grid that begins with its name. Raises DefinitionError if
    no candidate can be fitted and scored. What draws at random is given `seed`, where the definition gives none.
    """
    estimator = seeded(definition.estimator, seed)
    if not is_searched_by_voter(estimator):
        best, chosen, found = _search("", estimator, definition.grid, definition, training, seed)
        return best, chosen, [found]
    vote, parameters, scores = estimator, {}, []
    for name, voter in vote.estimators:
        if voter == "drop":
            continue
        own = {
            key.removeprefix(f"{name}__"): values
            for key, values in definition.grid.items()
            if key.startswith(f"{name}__")
        }
        _, chosen, found = _search(name, voter, own, definition, training, seed)
        parameters.update({f"{name}__{key}": value for key, value in chosen.items()})
        scores.append(found)
    return vote.set_params(**parameters).fit(training.frame, training.targets), parameters, scores


def _search(
    name: str, estimator: Any, parameters: Mapping[str, Any], definition: Definition, training: Dataset, seed: int
) -> tuple[Any, dict[str, Any], SearchScores]:
    title = f"search for {name}" if name else "search"
    divided, scoring = folds(training, task_of(definition).strata(training), FOLDS, seed), definition.score
    if not divided:
        raise DataError(f"{title}: the earliest rows lack a label, so that nothing can be fitted on them alone")
    grid = GridSearchCV(clone(estimator), dict(parameters), cv=divided, scoring=scoring)
    with Progress(title, len(ParameterGrid(dict(parameters))) * len(divided)) as progress:
        grid.set_callbacks(FitCounter(progress))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                grid.fit(training.frame, training.targets)
            except Exception as error:  # scikit-learn sums up what the fits raised, over many lines
                raise _first_error(title, grid, training) or error from error
    if not math.isfinite(grid.best_score_):
        raise _first_error(title, grid, training) or DefinitionError(f"{title}: no candidate has a {scoring} score")
    _log_warnings(title, [warning.category for warning in caught], [str(warning.message) for warning in caught])
    measured, sign = measure(scoring)
    best = sign * grid.best_score_
    log.info("%s: best %s %.4g, mean over %d folds", title, measured.replace("_", " "), best, len(divided))
    results = grid.cv_results_
    scores = zip(
        results["params"], results["mean_test_score"].tolist(), results["std_test_score"].tolist(), strict=True
    )
    rows = sorted((row for row in scores if math.isfinite(row[1])), key=lambda row: -row[1])
    return grid.best_estimator_, grid.best_params_, SearchScores(name, scoring, len(divided), rows)


def _first_error(title: str, grid: GridSearchCV, training: Dataset) -> DefinitionError | None:
    """Return what the first candidate raises when it is fitted or scored, None if it raises nothing."""
    parameters = next(iter(ParameterGrid(grid.param_grid)))
    named = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
    what = "fitted"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = clone(grid.estimator).set_params(**parameters).fit(training.frame, training.targets)
            what = f"scored by {grid.scoring!r}"
            get_scorer(grid.scoring)(fitted, training.frame, training.targets)
    except Exception as error:  # the estimator is the user's
        reason = f"cannot be {what}: {shorten(str(error), MAX_ERROR_LENGTH)}"
        return DefinitionError(f"{title}: the estimator{f' with {named}' if named else ''} {reason}")
    return None


def _log_warnings(title: str, kinds: Sequence[type[Warning]], messages: Sequence[str]) -> None:
    """Log each warning of the fits once; fits that did not converge are counted, and scored like the others."""
    for warning in {message for kind, message in zip(kinds, messages, strict=True) if kind is not ConvergenceWarning}:
        log.warning("%s: %s", title, warning)
    if unfinished := sum(issubclass(kind, ConvergenceWarning) for kind in kinds):
        log.info("%s: %d fits reached max_iter before they converged", title, unfinished)
