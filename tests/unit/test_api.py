"""The api's answers to good requests."""

from typing import Any

import joblib
import numpy as np
import pytest
from flask.testing import FlaskClient

from petalstream.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app


def test_one_flower_is_answered_with_label_probabilities_model_and_version(
    client: FlaskClient, flower: dict[str, Any]
) -> None:
    answer = client.post("/predict", json=flower)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    body = answer.get_json()
    assert (body["model"], body["version"], body["label"], body["warnings"]) == ("iris", "1", "setosa", [])
    assert list(body["probabilities"]) == ["setosa", "versicolor", "virginica"]
    assert sum(body["probabilities"].values()) == pytest.approx(1)


def test_a_list_is_answered_with_a_list_in_the_same_order(client: FlaskClient, flower: dict[str, Any]) -> None:
    virginica = {"sepal_length": 7.7, "sepal_width": 2.8, "petal_length": 6.7, "petal_width": 2}
    answers = client.post("/predict", json=[virginica, flower, virginica]).get_json()
    assert [answer["label"] for answer in answers] == ["virginica", "setosa", "virginica"]
    alone = client.post("/predict", json=virginica).get_json()
    # Linear algebra may round another way for another number of rows.
    assert answers[0]["probabilities"] == pytest.approx(alone["probabilities"], rel=1e-9)


def test_the_answers_for_the_test_set_are_scikit_learns_own(client: FlaskClient, iris: Bundle) -> None:
    rows = [features for _, features, _ in iris.test_set()]
    answers = client.post("/models/iris/predict", json=rows).get_json()
    model = joblib.load(iris.path / "model.joblib")
    matrix = np.array([list(row.values()) for row in rows])
    assert [answer["label"] for answer in answers] == model.predict(matrix).tolist()
    assert [list(answer["probabilities"].values()) for answer in answers] == model.predict_proba(matrix).tolist()


def test_the_order_of_a_rows_names_does_not_matter(client: FlaskClient, flower: dict[str, Any]) -> None:
    backwards = dict(reversed(flower.items()))
    assert client.post("/predict", json=backwards).get_json() == client.post("/predict", json=flower).get_json()


def test_a_value_outside_the_training_range_is_predicted_with_a_warning(
    client: FlaskClient, flower: dict[str, Any]
) -> None:
    body = client.post("/predict", json=flower | {"petal_length": 60}).get_json()
    assert body["label"] == "virginica"
    assert len(body["warnings"]) == 1
    assert body["warnings"][0].startswith("petal_length 60 cm is outside the training range, 1")


@pytest.mark.parametrize("extreme", [0, 1e-308, 3.4e38])
def test_extreme_numbers_within_the_bounds_get_finite_probabilities(
    client: FlaskClient, flower: dict[str, Any], extreme: float
) -> None:
    answer = client.post("/predict", json=dict.fromkeys(flower, extreme))
    assert answer.status_code == 200
    assert sum(answer.get_json()["probabilities"].values()) == pytest.approx(1)


def test_health_says_that_the_process_lives_and_ready_what_it_serves(client: FlaskClient) -> None:
    assert client.get("/health").get_json() == {"status": "alive"}
    assert client.get("/ready").get_json() == {"status": "ready", "models": {"iris": "1"}}


def test_without_a_model_the_api_lives_but_is_not_ready(tmp_path: Any, flower: dict[str, Any]) -> None:
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    assert client.get("/health").status_code == 200
    for answer in (client.get("/ready"), client.post("/predict", json=flower)):
        assert answer.status_code == 503
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["Retry-After"] == "1"
