"""Which label has a threshold of its probability, and which estimators have none."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from services.trainer.evaluation.threshold import find_threshold

LABELS = ("kept", "sold")
SCORE = "decision_function"


def fitted(estimator: Any) -> Any:
    draw = np.random.default_rng(0)
    codes = np.repeat([0, 1], [70, 30])
    return estimator.fit(draw.normal(size=(100, 2)) + codes[:, np.newaxis], codes)


@pytest.mark.parametrize(
    ("estimator", "threshold"),
    [
        (FixedThresholdClassifier(LogisticRegression()), {"sold": 0.5}),
        (FixedThresholdClassifier(LogisticRegression(), threshold=0.3), {"sold": 0.3}),
        (FixedThresholdClassifier(LogisticRegression(), threshold=0.3, pos_label=0), {"kept": 0.3}),
        (make_pipeline(StandardScaler(), FixedThresholdClassifier(LogisticRegression(), threshold=0.3)), {"sold": 0.3}),
        (FixedThresholdClassifier(LogisticRegression(), threshold=0.3, response_method=SCORE), {}),
        (FixedThresholdClassifier(RidgeClassifier(), threshold=0.3), {}),
        (TunedThresholdClassifierCV(LogisticRegression(), response_method=SCORE), {}),
        (TunedThresholdClassifierCV(RidgeClassifier()), {}),
        (LogisticRegression(), {}),
    ],
)
def test_a_threshold_of_a_probability_is_found_with_its_label(estimator: Any, threshold: dict[str, float]) -> None:
    assert find_threshold(fitted(estimator), LABELS) == threshold


@pytest.mark.parametrize("positive", [0, 1])
def test_a_tuned_threshold_is_that_of_the_label_that_the_scoring_looks_for(positive: int) -> None:
    scoring = make_scorer(f1_score, pos_label=positive)
    estimator = fitted(TunedThresholdClassifierCV(LogisticRegression(), scoring=scoring))
    ((label, least),) = find_threshold(estimator, LABELS).items()
    assert (label, least) == (LABELS[positive], estimator.best_threshold_)
    samples = np.random.default_rng(1).normal(size=(200, 2))
    is_predicted = estimator.predict_proba(samples)[:, positive] >= least
    assert (is_predicted == (estimator.predict(samples) == positive)).all()
