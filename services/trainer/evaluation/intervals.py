"""Intervals around predicted numbers."""

import math

import numpy as np
from numpy.typing import NDArray


def half_width(true: NDArray[np.float64], predicted: NDArray[np.float64], coverage: float) -> float | None:
    """Return half the width of intervals that contain the true number of a new row with probability `coverage`, 0 to 1.

    `true` and `predicted`, of shape (n,), are of rows that the model was not fitted on; the guarantee is over such rows
    and new ones drawn alike. It is the k-th smallest absolute residual with k = ceil((n + 1) * coverage): split
    conformal prediction, of Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, Distribution-Free Predictive Inference for
    Regression, Journal of the American Statistical Association 113 (2018), section 2.2. None if k is above n: too few
    rows to tell.
    """
    rank = math.ceil((len(true) + 1) * coverage)
    return None if rank > len(true) else float(np.sort(np.abs(true - predicted))[rank - 1])
