"""What a fitted estimator says: a majority vote as scikit-learn takes it, with shares of votes for probabilities."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.inference import infer, is_vote, predicted, voters

LABELS = np.array(["oak", "elm", "yew"])
VOTERS = [
    ("tree", DecisionTreeClassifier(max_depth=2, random_state=0)),
    ("forest", RandomForestClassifier(5, random_state=0)),
    ("extra", ExtraTreesClassifier(5, random_state=0)),
    ("ridge", RidgeClassifier()),  # which has no probabilities at all
]


def samples(count: int = 200) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    random = np.random.default_rng(0)
    drawn = random.normal(size=(count, 4))
    return drawn, LABELS[np.digitize(drawn[:, 0] + random.normal(size=count), [-0.5, 0.5])]


@pytest.mark.parametrize("weights", [None, [3, 1, 1, 1]])
@pytest.mark.parametrize("left_out", [None, "forest"])
@pytest.mark.parametrize("scaled", [False, True])
def test_labels_and_votes_are_scikit_learns_own(weights: list[int] | None, left_out: str | None, scaled: bool) -> None:
    drawn, labels = samples()
    vote: Any = VotingClassifier([(n, "drop" if n == left_out else voter) for n, voter in VOTERS], weights=weights)
    estimator = make_pipeline(StandardScaler(), vote) if scaled else vote
    estimator.fit(drawn, labels)
    found = infer(estimator, drawn)
    assert predicted(estimator, drawn).tolist() == estimator.predict(drawn).tolist()
    assert voters(estimator) == [name for name, _ in VOTERS if name != left_out]
    assert found.votes is not None
    seen = estimator[0].transform(drawn) if scaled else drawn
    for name, voted in zip(voters(estimator), found.votes.T, strict=True):
        assert voted.tolist() == vote.named_estimators_[name].predict(seen).tolist()


def test_a_probability_is_the_share_of_the_votes_and_the_label_has_the_largest() -> None:
    drawn, labels = samples()
    found = infer(VotingClassifier(VOTERS[:3]).fit(drawn, labels), drawn)
    assert found.votes is not None
    for label, shares, cast in zip(found.classes, found.probabilities, found.votes.tolist(), strict=True):
        assert shares.tolist() == pytest.approx([cast.count(each) / 3 for each in range(len(LABELS))])
        assert label == shares.argmax()


@pytest.mark.parametrize("vote", [False, True])
def test_an_estimator_with_probabilities_of_its_own_keeps_them(vote: bool) -> None:
    drawn, labels = samples()
    estimator: Any = LogisticRegression()
    if vote:
        estimator = VotingClassifier(VOTERS[:3], voting="soft")
    estimator.fit(drawn, labels)
    found = infer(estimator, drawn)
    assert predicted(estimator, drawn).tolist() == estimator.predict(drawn).tolist()
    assert found.probabilities.tolist() == estimator.predict_proba(drawn).tolist()
    assert (found.votes, is_vote(estimator), voters(estimator)) == (None, False, [])
