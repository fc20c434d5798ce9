"""The api's answers about patients, held against scikit-learn's own for the test set."""

from typing import Any

import joblib
import pandas as pd
import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle

PREDICT = "/models/heart_failure/predict"


@pytest.fixture(scope="module")
def patients(heart_failure: Bundle) -> list[dict[str, Any]]:
    """A dozen patients of the test set."""
    return [features for _, features, _ in heart_failure.test_set()][:12]


@pytest.fixture(scope="module")
def answers(both: FlaskClient, patients: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the api says of them."""
    found: list[dict[str, Any]] = both.post(PREDICT, json=patients).get_json()
    return found


@pytest.fixture(scope="module")
def vote(heart_failure: Bundle) -> Any:
    """The VotingClassifier itself."""
    return joblib.load(heart_failure.path / "model.joblib")


@pytest.fixture(scope="module")
def frame(heart_failure: Bundle, patients: list[dict[str, Any]]) -> Any:
    """The ten inputs of the dozen, as scikit-learn takes them."""
    names = [feature.name for feature in heart_failure.manifest.inputs]
    return pd.DataFrame([[float(patient[name]) for name in names] for patient in patients], columns=names)


def test_the_inputs_are_told_in_the_order_of_the_model(both: FlaskClient, heart_failure: Bundle) -> None:
    names = [feature.name for feature in heart_failure.manifest.inputs]
    assert both.get("/models/heart_failure").get_json()["inputs"] == names


def test_the_labels_are_scikit_learns(
    answers: list[dict[str, Any]], heart_failure: Bundle, vote: Any, frame: Any
) -> None:
    assert len(answers) == 12
    labels = heart_failure.manifest.labels
    assert [answer["label"] for answer in answers] == [labels[code] for code in vote.predict(frame)]


def test_the_votes_are_each_members_own(
    answers: list[dict[str, Any]], heart_failure: Bundle, vote: Any, frame: Any
) -> None:
    labels = heart_failure.manifest.labels
    for name, member in vote.named_estimators_.items():
        codes = vote.le_.inverse_transform(member.predict(frame))
        assert [answer["votes"][name] for answer in answers] == [labels[code] for code in codes]


def test_the_probability_of_a_label_is_its_share_of_the_votes(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        votes = list(answer["votes"].values())
        assert len(votes) == 3
        for label, probability in answer["probabilities"].items():
            assert probability == pytest.approx(votes.count(label) / 3)
        assert answer["probabilities"][answer["label"]] > 0.5


def test_diabetes_and_sex_are_named_as_unused_and_change_nothing(
    both: FlaskClient, patients: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    for patient, answer in zip(patients, answers, strict=True):
        assert answer["unused"] == ["diabetes", "sex"]
        without = {name: value for name, value in patient.items() if name not in ("diabetes", "sex")}
        assert both.post(PREDICT, json=without).get_json() == {
            name: value for name, value in answer.items() if name != "unused"
        }
        other = patient | {"diabetes": not patient["diabetes"], "sex": not patient["sex"]}
        assert both.post(PREDICT, json=other).get_json() == answer
        assert both.post(PREDICT, json=without | {"sex": True}).get_json() == answer | {"unused": ["sex"]}


def test_an_unused_value_that_does_not_fit_is_an_error_all_the_same(
    both: FlaskClient, patients: list[dict[str, Any]]
) -> None:
    (error,) = both.post(PREDICT, json=patients[0] | {"diabetes": "a little"}).get_json()["errors"]
    assert (error["field"], error["reason"]) == ("diabetes", "wrong_type")


def test_a_form_means_the_same_patient_as_json_does(both: FlaskClient, patients: list[dict[str, Any]]) -> None:
    for patient in patients:
        typed = {name: str(value).lower() for name, value in patient.items()}
        assert both.post(PREDICT, data=typed).get_json() == both.post(PREDICT, json=patient).get_json()
