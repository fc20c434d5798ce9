"""Any score of scikit-learn with an interval, by the method that suits it."""

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer

from services.trainer.conditions.rates import Estimate, estimate_rates, groups_of
from services.trainer.conditions.remembered import Remembered, RememberedLabels, RememberedNumbers
from services.trainer.conditions.resampling import bootstrap, estimate_mean

MEAN_ABSOLUTE, MEAN_SQUARED, ROOT_MEAN_SQUARED = (
    "neg_mean_absolute_error",
    "neg_mean_squared_error",
    "neg_root_mean_squared_error",
)


def estimate_metric(
    metric: str, remembered: Remembered, targets: NDArray[np.int64] | NDArray[np.float64], seed: int
) -> Estimate:
    """Return a score of scikit-learn on the rows that are remembered; an error is negative, as there.

    Shares of right rows have Wilson's interval, mean errors the bootstrap-t one, and any other score that of the
    percentile bootstrap. Raises what the score raises, as for probabilities that the estimator does not give.
    """
    if isinstance(remembered, RememberedNumbers) and metric in (MEAN_ABSOLUTE, MEAN_SQUARED, ROOT_MEAN_SQUARED):
        return _mean_error(metric, remembered.predictions - targets, seed)
    if isinstance(remembered, RememberedLabels):
        groups = groups_of(metric, targets.astype(np.int64), remembered.predictions)
        if groups is not None:
            return estimate_rates(remembered.predictions == targets, groups)
    scorer = get_scorer(metric)
    strata = targets if isinstance(remembered, RememberedLabels) else np.zeros(len(targets))
    return bootstrap(lambda rows: float(scorer(remembered, rows, targets[rows])), strata.astype(np.int64), seed)


def _mean_error(metric: str, errors: NDArray[np.float64], seed: int) -> Estimate:
    """Return the negative mean of the errors' sizes or squares, or the root of that."""
    found = estimate_mean(np.abs(errors) if metric == MEAN_ABSOLUTE else errors**2, seed)
    value, low, high = (math.sqrt(max(each, 0)) if metric == ROOT_MEAN_SQUARED else each for each in found)
    return Estimate(-value, -high, -low)
