"""What a fitted estimator says: a majority vote as scikit-learn takes it, with shares of votes for probabilities."""

from copy import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.model.inference import infer_classes, is_vote, voters

LABELS = range(3)
NO_POSITIONS = [0.5, -1, 3, np.nan, np.inf, "oak"]
VOTERS = [
    ("tree", DecisionTreeClassifier(max_depth=2, random_state=0)),
    ("forest", RandomForestClassifier(5, random_state=0)),
    ("extra", ExtraTreesClassifier(5, random_state=0)),
    ("ridge", RidgeClassifier()),  # which has no probabilities at all
]


class Fixed:
    """Predicts one class and one probability of each class for every row."""

    classes_ = LABELS

    def __init__(self, predicted: Any, probability: float = 1 / 3) -> None:
        self._predicted, self._probability = predicted, probability

    def predict(self, frame: pd.DataFrame) -> Any:
        return np.full(len(frame), self._predicted)

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        return np.full((len(frame), len(LABELS)), self._probability)


def samples(count: int = 200) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    random = np.random.default_rng(0)
    drawn = random.normal(size=(count, 4))
    codes = np.digitize(drawn[:, 0] + random.normal(size=count), [-0.5, 0.5])
    return pd.DataFrame(drawn, columns=["height", "girth", "age", "leaves"]), codes


@pytest.mark.parametrize("weights", [None, [3, 1, 1, 1]])
@pytest.mark.parametrize("left_out", [None, "forest"])
@pytest.mark.parametrize("scaled", [False, True])
def test_labels_and_votes_are_scikit_learns_own(weights: list[int] | None, left_out: str | None, scaled: bool) -> None:
    drawn, codes = samples()
    vote: Any = VotingClassifier([(n, "drop" if n == left_out else voter) for n, voter in VOTERS], weights=weights)
    estimator = make_pipeline(StandardScaler(), vote) if scaled else vote
    estimator.fit(drawn, codes)
    found = infer_classes(estimator, drawn, len(LABELS))
    assert found.classes.tolist() == estimator.predict(drawn).tolist()
    assert voters(estimator) == [name for name, _ in VOTERS if name != left_out]
    assert found.votes is not None
    seen = estimator[0].transform(drawn) if scaled else drawn
    for name, voted in zip(voters(estimator), found.votes.T, strict=True):
        assert voted.tolist() == vote.named_estimators_[name].predict(seen).tolist()


def test_a_probability_is_the_share_of_the_votes_and_the_label_has_the_largest() -> None:
    drawn, codes = samples()
    found = infer_classes(VotingClassifier(VOTERS[:3]).fit(drawn, codes), drawn, len(LABELS))
    assert found.votes is not None
    for label, shares, cast in zip(found.classes, found.probabilities, found.votes.tolist(), strict=True):
        assert shares.tolist() == pytest.approx([cast.count(each) / 3 for each in LABELS])
        assert label == shares.argmax()


@pytest.mark.parametrize("vote", [False, True])
def test_an_estimator_with_probabilities_of_its_own_keeps_them(vote: bool) -> None:
    drawn, codes = samples()
    estimator: Any = LogisticRegression()
    if vote:
        estimator = VotingClassifier(VOTERS[:3], voting="soft")
    estimator.fit(drawn, codes)
    found = infer_classes(estimator, drawn, len(LABELS))
    assert found.classes.tolist() == estimator.predict(drawn).tolist()
    assert found.probabilities.tolist() == estimator.predict_proba(drawn).tolist()
    assert (found.votes, is_vote(estimator), voters(estimator)) == (None, False, [])


def test_an_estimator_without_probabilities_gives_labels_alone() -> None:
    drawn, codes = samples()
    found = infer_classes(RidgeClassifier().fit(drawn, codes), drawn, len(LABELS))
    assert (found.classes.shape, found.probabilities.shape, found.votes) == ((200,), (200, 0), None)


def test_probabilities_are_in_the_order_of_the_labels_whatever_the_order_of_the_classes() -> None:
    drawn, codes = samples()
    usual = LogisticRegression().fit(drawn, codes)
    other = copy(usual)
    other.classes_, other.coef_, other.intercept_ = usual.classes_[::-1], usual.coef_[::-1], usual.intercept_[::-1]
    found, expected = infer_classes(other, drawn, len(LABELS)), infer_classes(usual, drawn, len(LABELS))
    assert found.classes.tolist() == expected.classes.tolist()
    assert found.probabilities == pytest.approx(expected.probabilities)


@pytest.mark.parametrize("predicted", NO_POSITIONS)
def test_a_class_that_is_no_position_of_a_label_is_an_error(predicted: Any) -> None:
    with pytest.raises(ValueError, match=rf"the class {predicted}; it must .* a whole number from 0 to 2$"):
        infer_classes(Fixed(predicted), samples()[0], len(LABELS))


@pytest.mark.parametrize("predicted", [2, 2.0, np.uint8(2)])
def test_a_class_may_be_a_whole_number_of_any_type(predicted: Any) -> None:
    found = infer_classes(Fixed(predicted), samples()[0], len(LABELS))
    assert set(found.classes.tolist()) == {2}


@pytest.mark.parametrize("probability", [np.nan, np.inf])
def test_a_probability_that_is_no_number_is_an_error(probability: float) -> None:
    with pytest.raises(ValueError, match="a probability that is NaN or infinite"):
        infer_classes(Fixed(0, probability), samples()[0], len(LABELS))


def test_one_class_is_expected_for_each_row() -> None:
    drawn, codes = samples()
    of_two_outputs = DummyClassifier().fit(drawn, np.stack([codes, codes], axis=1))
    with pytest.raises(ValueError, match="predicts 400 classes for 200 rows"):
        infer_classes(of_two_outputs, drawn, len(LABELS))
