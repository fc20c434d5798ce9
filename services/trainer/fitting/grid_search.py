"""Chooses a model's parameters by grid search over five folds of the training part."""

import logging
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid, StratifiedKFold

from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError, is_searched_by_voter
from services.trainer.fitting.progress import Progress

FOLDS = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Table:
    """What a search found: for each candidate its parameters, and the mean and spread of its score over the folds.

    `searched` names what was searched for: a voter, or "" for the whole estimator. The best comes first, and what could
    not be scored is left out.
    """

    searched: str
    scoring: str
    rows: Sequence[tuple[Mapping[str, Any], float, float]]


class Counter:
    """A scikit-learn fit callback that counts the search's fits."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def setup(self, estimator: Any, context: Any) -> None:
        """Asked for by scikit-learn's protocol of a callback; there is nothing to prepare."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Asked for by the protocol too."""

    def on_fit_task_begin(self, estimator: Any, context: Any, **_: Any) -> None:
        """Asked for by the protocol too."""

    def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> None:
        """Count one fit of one candidate on one fold."""
        if context.task_name == "candidate-split-evaluation":
            self._progress.step()


def search(definition: Definition, training: Dataset, seed: int) -> tuple[Any, dict[str, Any], list[Table]]:
    """The estimator with the best parameters of the grid, fitted on all of `training`, the parameters, the scores.

    Best is the highest mean score over the folds; among equals the first in the grid's order wins. Where the estimator
    is a majority vote, each voter is searched for by itself, with the part of the grid that begins with its name.
    Raises DefinitionError where no candidate has a score.
    """
    if not is_searched_by_voter(definition.estimator):
        best, chosen, table = _search("", definition.estimator, definition.grid, definition.scoring, training, seed)
        return best, chosen, [table]
    vote, parameters, tables = clone(definition.estimator), {}, []
    for name, voter in vote.estimators:
        if voter == "drop":
            continue
        own = {
            key.removeprefix(f"{name}__"): values
            for key, values in definition.grid.items()
            if key.startswith(f"{name}__")
        }
        _, chosen, table = _search(name, voter, own, definition.scoring, training, seed)
        parameters.update({f"{name}__{key}": value for key, value in chosen.items()})
        tables.append(table)
    return vote.set_params(**parameters).fit(training.samples, training.labels), parameters, tables


def _search(
    name: str, estimator: Any, parameters: Mapping[str, Any], scoring: str, training: Dataset, seed: int
) -> tuple[Any, dict[str, Any], Table]:
    what = f"search for {name}" if name else "search"
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    grid = GridSearchCV(clone(estimator), dict(parameters), cv=folds, scoring=scoring)
    with Progress(what, len(ParameterGrid(dict(parameters))) * FOLDS) as progress:
        grid.set_callbacks(Counter(progress))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            grid.fit(training.samples, training.labels)
    _tell(what, [warning.category for warning in caught], [str(warning.message) for warning in caught])
    if not math.isfinite(grid.best_score_):
        raise DefinitionError(f"{what}: no candidate has a score of {scoring!r}, as the warnings before tell")
    log.info("%s: best mean %s %.3f over %d folds", what, scoring.replace("_", " "), grid.best_score_, FOLDS)
    found = grid.cv_results_
    scores = zip(found["params"], found["mean_test_score"].tolist(), found["std_test_score"].tolist(), strict=True)
    rows = sorted((row for row in scores if math.isfinite(row[1])), key=lambda row: -row[1])
    return grid.best_estimator_, grid.best_params_, Table(name, scoring, rows)


def _tell(what: str, kinds: Sequence[type[Warning]], messages: Sequence[str]) -> None:
    """Log each warning of the fits once; those that did not converge are counted, and scored like the others."""
    for told in {message for kind, message in zip(kinds, messages, strict=True) if kind is not ConvergenceWarning}:
        log.warning("%s: %s", what, told)
    if unfinished := sum(issubclass(kind, ConvergenceWarning) for kind in kinds):
        log.info("%s: %d fits reached max_iter before they converged", what, unfinished)
