"""Floors: how high a score must be, on how many rows, and in which words a model is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from petalstream.features import Number
from services.trainer.conditions.deciding import decide
from services.trainer.definition import DefinitionError, Floor
from tests.unit.trainer.condition_decisions import both_labels, decided, predicted, right
from tests.unit.trainer.condition_rates import LABELS, NUMBERS
from tests.unit.trainer.datasets import make_dataset


@pytest.mark.parametrize(("rows", "fewest"), [(30, 30), (100, 95), (24, None)])
def test_a_floor_of_nine_in_ten_is_reached_by_so_many_right_rows(rows: int, fewest: int | None) -> None:
    passing = [
        count for count in range(rows + 1) if decided(LABELS, *right(rows, count), Floor("accuracy", 0.9))[0].passed
    ]
    assert passing == ([] if fewest is None else list(range(fewest, rows + 1)))


@pytest.mark.parametrize(
    ("rows", "count", "said"),
    [
        (30, 30, 'accuracy 1.000 on 30 validation rows is at least 0.917 with 95 % confidence, as Floor("accuracy", 0'),
        (30, 29, "0.864 with 95 % confidence, and must be at least 0.900: 30 of 30 would have to be right, and about"),
        (30, 29, "and about 55 rows are needed if it stays so"),
        (30, 20, "and must be at least 0.900: 30 of 30 would have to be right"),
        (20, 20, "and must be at least 0.900: at least 25 rows are needed"),
    ],
)
def test_a_floor_says_what_was_measured_and_how_many_rows_it_needs(rows: int, count: int, said: str) -> None:
    (decision,) = decided(LABELS, *right(rows, count), Floor("accuracy", 0.9))
    assert said in decision.sentence
    assert decision.rows == rows


def test_the_rows_that_a_floor_asks_for_are_enough_for_it() -> None:
    (decision,) = decided(LABELS, *right(200, 190), Floor("accuracy", 0.93))
    found = re.search(r"about (\d+) rows are needed if it stays so", decision.sentence)
    assert found
    for rows, is_enough in ((int(found[1]) * 21 // 20, True), (int(found[1]) * 19 // 20, False)):
        assert decided(LABELS, *right(rows, round(0.95 * rows)), Floor("accuracy", 0.93))[0].passed == is_enough


def test_a_balanced_floor_counts_each_label_alike() -> None:
    true, predictions = both_labels(no=(950, 0), yes=(13, 37))
    accuracy, balanced = decided(LABELS, true, predictions, Floor("accuracy", 0.9), Floor("balanced_accuracy", 0.6))
    assert (accuracy.passed, balanced.passed) == (True, False)
    assert balanced.value == pytest.approx(0.63)
    assert re.search(r"must be at least 0\.600: about [\d,]+ rows are needed if it stays so$", balanced.sentence)


def test_a_floor_of_an_error_is_told_without_its_sign() -> None:
    definition = replace(NUMBERS, target=Number("weight", unit="g"))
    true = np.linspace(1000, 2000, 50)
    errors = np.tile([200, -300], 25)
    met, missed = decided(
        definition,
        true,
        true + errors,
        Floor("neg_mean_absolute_error", -300),
        Floor("neg_mean_absolute_error", -255),
    )
    assert re.fullmatch(
        r"mean absolute error 250 g on 50 validation rows is at most 26\d g with 95 % confidence,"
        r' as Floor\("neg_mean_absolute_error", -300\) asks',
        met.sentence,
    )
    assert re.search(r"and must be at most 255 g: about \d+ rows are needed if it stays so$", missed.sentence)
    assert met.interval is not None
    assert met.value == pytest.approx(250)
    assert met.interval[0] < 250 < met.interval[1]
    assert (met.passed, missed.passed) == (True, False)


@pytest.mark.parametrize("metric", ["f1", "precision", "recall", "recall_macro"])
def test_a_floor_may_be_of_any_score_of_labels(metric: str) -> None:
    good, poor = (decided(LABELS, *right(80, count), Floor(metric, 0.7))[0] for count in (78, 50))
    assert (good.passed, poor.passed) == (True, False)
    assert good.interval is not None
    assert good.value is not None
    assert good.interval[0] < good.value < good.interval[1]


@pytest.mark.parametrize("metric", ["r2", "explained_variance", "neg_root_mean_squared_error"])
def test_a_floor_may_be_of_any_score_of_numbers(metric: str) -> None:
    true, noise = np.linspace(0, 9, 60), np.random.default_rng(0).normal(size=60)
    at_least = -1.0 if metric.startswith("neg_") else 0.8
    good, poor = (decided(NUMBERS, true, true + size * noise, Floor(metric, at_least))[0] for size in (0.5, 2))
    assert (good.passed, poor.passed) == (True, False)


def test_the_same_rows_give_the_same_interval() -> None:
    first, again = (decided(LABELS, *right(40, 33), Floor("f1", 0.5))[0] for _ in range(2))
    assert first == again


def test_a_probability_floor_takes_the_probabilities_of_the_estimator() -> None:
    random = np.random.default_rng(0)
    heights = random.normal(size=200)
    samples = make_dataset(LABELS, heights[:, np.newaxis], (heights + random.normal(size=200) > 0).astype(int))
    definition = replace(LABELS, publish_if=[Floor("roc_auc", 0.7), Floor("neg_brier_score", -0.25)])
    estimator = LogisticRegression().fit(samples.frame, samples.targets)
    assert all(decision.passed for decision in decide(definition, 0.0, estimator, samples, samples, seed=0))


@pytest.mark.parametrize(("metric", "is_known"), [("roc_auc", True), ("neg_log_loss", False)])
def test_a_metric_of_probabilities_is_refused_for_an_estimator_without(metric: str, is_known: bool) -> None:
    samples = predicted(LABELS, *right(40, 36))
    definition = replace(LABELS, estimator=LinearSVC(), publish_if=[Floor(metric, -0.1)])
    estimator = LinearSVC().fit(samples.frame, samples.targets)
    if is_known:  # a decision function ranks rows as well
        assert decide(definition, 0.0, estimator, samples, samples, seed=0)[0].passed
        return
    with pytest.raises(
        DefinitionError, match=r"publish_if: neg_log_loss cannot be computed for LinearSVC: .*predict_p"
    ):
        decide(definition, 0.0, estimator, samples, samples, seed=0)
