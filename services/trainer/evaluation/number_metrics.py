"""Metrics of predicted numbers: on the validation part and on the test part."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import r2_score

from petalstream.features import Feature
from petalstream.model.inference import infer_numbers
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.evaluation.estimates import Estimate, Statistic, estimate, evaluate
from services.trainer.evaluation.slices import measure_slices
from services.trainer.evaluation.table import format_headline, format_table

ERRORS = ("mean_absolute_error", "root_mean_squared_error")


def predict(estimator: Any, dataset: Dataset) -> NDArray[np.float64]:
    """Return the predicted number of each sample."""
    return infer_numbers(estimator, dataset.frame).numbers


def validate(estimator: Any, validation: Dataset) -> dict[str, float]:
    """Return R² on the validation part."""
    return {"validation_r2": float(r2_score(validation.targets, predict(estimator, validation)))}


def of_numbers(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Statistic]:
    """Return the statistics of predicted numbers; `true` and `predicted` have shape (n,)."""
    errors = predicted - true

    def r2(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        rows, squares = counts.sum(axis=1), counts @ errors**2
        # Around the mean of all rows, so that the sums do not cancel out.
        centred = true - true.mean()
        total = counts @ centred**2
        spread = total - (counts @ centred) ** 2 / rows
        # Not defined where all numbers are the same, which rounding may hide.
        unexplained = np.full(len(counts), np.nan)
        np.divide(squares, spread, out=unexplained, where=spread > 1e-12 * total)
        return 1 - unexplained

    return {
        "mean_absolute_error": lambda counts: counts @ np.abs(errors) / counts.sum(axis=1),
        "root_mean_squared_error": lambda counts: np.sqrt(counts @ errors**2 / counts.sum(axis=1)),
        "r2": r2,
    }


def compute(estimator: Any, parts: Parts, columns: Sequence[Feature], half_width: float | None) -> dict[str, Any]:
    """Return all metrics, the slices and the share of intervals that hold, on the test part.

    `test` has the estimate of each metric, `baseline` its value of always predicting the mean of the training part, and
    a slice of a feature in `columns` the mean absolute error. Without intervals the share is 0.
    """
    test = parts.test
    on_test = predict(estimator, test)
    estimates = estimate(of_numbers(test.targets, on_test), len(test))
    baseline = evaluate(of_numbers(test.targets, np.full(len(test), parts.training.targets.mean())), len(test))
    is_within = np.abs(test.targets - on_test) <= (-1 if half_width is None else half_width)

    def error(rows: NDArray[np.int64]) -> Estimate:
        name, _ = ERRORS
        return estimate({name: of_numbers(test.targets[rows], on_test[rows])[name]}, len(rows))[name]

    return {
        "test_r2": float(r2_score(test.targets, on_test)),
        "test_errors": {name: estimates[name]["value"] for name in ERRORS},
        "errors_of_mean": {name: baseline[name] for name in ERRORS},
        "interval_coverage": float(is_within.mean()),
        "test": estimates,
        "baseline": baseline,
        "slices": measure_slices(test, columns, error),
    }


def describe(metrics: Mapping[str, Any], unit: str, coverage: float) -> str:
    """Return the metrics as the lines that the trainer prints."""
    validated = metrics.get("validation_r2")
    return "\n".join(
        [
            *([] if validated is None else [f"validation R² {validated:.3f}"]),
            f"test R²       {format_headline(metrics['test']['r2'])}",
            *format_table(metrics, "always the mean", unit),
            f"{metrics['interval_coverage']:.0%} of the intervals of {coverage:.0%} contain it",
        ]
    )
