"""The metrics of the test part with their intervals: scikit-learn's values, and intervals that hold."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from petalstream.intervals import wilson
from services.trainer.evaluation import estimates
from services.trainer.evaluation.estimates import estimate, estimate_share, evaluate
from services.trainer.evaluation.label_statistics import of_labels, of_probabilities
from services.trainer.evaluation.number_metrics import of_numbers

Rows = NDArray[np.int64]


def labelled(label_count: int, rows: int = 60) -> tuple[Rows, NDArray[np.float64]]:
    """True labels, and probabilities with ties that point to them more often than not."""
    random = np.random.default_rng(label_count)
    true = random.integers(label_count, size=rows)
    given = random.dirichlet(np.ones(label_count), rows) + 0.4 * np.eye(label_count)[true]
    given = (given / given.sum(axis=1, keepdims=True)).round(1) + 0.01
    return true, given / given.sum(axis=1, keepdims=True)


def of_scikit_learn(true: Rows, given: NDArray[np.float64], weights: Any = None) -> dict[str, float]:
    predicted, label_count = given.argmax(axis=1), given.shape[1]
    one_hot, labels = np.eye(label_count)[true], list(range(label_count))
    scores, is_true = (given[:, 1], true) if label_count == 2 else (given, one_hot)
    return {
        "balanced_accuracy": sk.balanced_accuracy_score(true, predicted, sample_weight=weights),
        "matthews_correlation": sk.matthews_corrcoef(true, predicted, sample_weight=weights),
        "roc_auc": sk.roc_auc_score(is_true, scores, sample_weight=weights),
        "average_precision": sk.average_precision_score(is_true, scores, sample_weight=weights),
        "log_loss": sk.log_loss(true, given, sample_weight=weights, labels=labels),
        "brier_score": sk.brier_score_loss(true, given, sample_weight=weights, labels=labels),
    }


@pytest.mark.parametrize("label_count", [2, 3, 5])
def test_metrics_of_labels_are_those_of_scikit_learn_also_of_resamples(label_count: int) -> None:
    true, given = labelled(label_count)
    statistics = of_labels(true, given.argmax(axis=1), label_count) | of_probabilities(true, given, 1)
    assert evaluate(statistics, len(true)) == pytest.approx(of_scikit_learn(true, given))
    counts = np.random.default_rng(0).integers(4, size=(3, len(true))).astype(float)
    for weights, sample in zip(counts, range(3), strict=True):
        found = {name: statistic(counts)[sample] for name, statistic in statistics.items()}
        assert found == pytest.approx(of_scikit_learn(true, given, weights))


def test_metrics_of_numbers_are_those_of_scikit_learn_also_of_resamples() -> None:
    random = np.random.default_rng(0)
    true = random.normal(1e6, 3, 50)
    predicted = true + random.normal(size=50)
    counts = np.vstack([np.ones(50), random.integers(4, size=(2, 50))])
    statistics = of_numbers(true, predicted)
    expected: dict[str, Callable[..., float]] = {
        "mean_absolute_error": sk.mean_absolute_error,
        "root_mean_squared_error": sk.root_mean_squared_error,
        "r2": sk.r2_score,
    }
    assert statistics.keys() == expected.keys()
    for name, score in expected.items():
        assert statistics[name](counts) == pytest.approx(
            [score(true, predicted, sample_weight=each) for each in counts]
        )


def test_a_metric_that_is_not_defined_is_left_out() -> None:
    only = np.zeros(8, dtype=np.int64)
    found = estimate(of_probabilities(only, np.full((8, 2), 0.5), 1), 8)
    assert found.keys() == {"log_loss", "brier_score"}
    assert "r2" not in estimate(of_numbers(np.ones(9), np.arange(9.0)), 9)


def test_a_rare_label_that_many_resamples_lack_still_has_an_interval() -> None:
    true = np.array([1] + [0] * 29)
    given = np.column_stack([1 - true * 0.8 - 0.1, true * 0.8 + 0.1])
    found = estimate(of_probabilities(true, given, 1), 30)["roc_auc"]
    assert found == {"value": 1.0, "lower": 1.0, "upper": 1.0}


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    found = estimate_share(np.arange(148) < 15)
    assert found == pytest.approx({"value": 15 / 148, "lower": 0.0624, "upper": 0.1605}, abs=5e-5)


def test_intervals_contain_the_true_error_about_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "RESAMPLES", 500)
    random, truth, held = np.random.default_rng(0), np.sqrt(2 / np.pi), 0
    for _ in range(200):
        errors = random.normal(size=80)
        found = estimate(of_numbers(np.zeros(80), errors), 80)["mean_absolute_error"]
        held += found["lower"] <= truth <= found["upper"]
    assert 0.9 <= held / 200 <= 0.98


def test_intervals_are_the_same_each_time_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    true, given = labelled(3)
    statistics = of_probabilities(true, given, 1)
    found = estimate(statistics, len(true))
    assert estimate(statistics, len(true)) == found
    monkeypatch.setattr(estimates, "ROWS_AT_A_TIME", 7 * len(true))
    for name, each in estimate(statistics, len(true)).items():
        assert each == pytest.approx(found[name])
