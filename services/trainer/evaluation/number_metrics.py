"""Metrics of predicted numbers: on the validation part and on the test part."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from petalstream.model.inference import infer_numbers
from petalstream.readable import readable
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts

# As many as errors of small parts are good for.
DIGITS = 3


def predict(estimator: Any, dataset: Dataset) -> NDArray[np.float64]:
    """Return the predicted number of each sample."""
    return infer_numbers(estimator, dataset.frame).numbers


def validate(estimator: Any, validation: Dataset) -> dict[str, float]:
    """Return R² on the validation part."""
    return {"validation_r2": float(r2_score(validation.targets, predict(estimator, validation)))}


def compute(estimator: Any, parts: Parts, half_width: float | None) -> dict[str, Any]:
    """Return R² and the errors on the test part, and the share of its intervals that contain the number.

    `errors_of_mean` are those of always predicting the mean of the training part. Without intervals the share is 0.
    """
    test = parts.test
    on_test = predict(estimator, test)
    always = np.full(len(test), parts.training.targets.mean())
    is_within = np.abs(test.targets - on_test) <= (-1 if half_width is None else half_width)
    return {
        "test_r2": float(r2_score(test.targets, on_test)),
        "test_errors": _errors(test.targets, on_test),
        "errors_of_mean": _errors(test.targets, always),
        "interval_coverage": float(is_within.mean()),
    }


def describe(metrics: Mapping[str, Any], unit: str, coverage: float) -> str:
    """Return the metrics as the lines that the trainer prints."""
    of_model, of_mean = metrics["test_errors"], metrics["errors_of_mean"]
    lines = [
        f"validation R²            {metrics['validation_r2']:.3f}",
        f"test R²                  {metrics['test_r2']:.3f}",
        f"{'on the test part':<25}{'model':>16}{'always the mean':>18}",
    ]
    for name in of_model:
        cells = f"{readable(of_model[name], unit, DIGITS):>16}{readable(of_mean[name], unit, DIGITS):>18}"
        lines.append(f"{name.replace('_', ' '):<25}{cells}")
    return "\n".join([*lines, f"{metrics['interval_coverage']:.0%} of the intervals of {coverage:.0%} contain it"])


def _errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    return {
        "mean_absolute_error": float(mean_absolute_error(true, predicted)),
        "root_mean_squared_error": float(root_mean_squared_error(true, predicted)),
    }
