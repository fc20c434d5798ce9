"""The api's answers to good requests."""

from typing import Any

import joblib
import pandas as pd
import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from tests.records import FLOWER


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
    frame = pd.DataFrame(rows)
    assert [answer["label"] for answer in answers] == [iris.manifest.labels[code] for code in model.predict(frame)]
    for answer, expected in zip(answers, model.predict_proba(frame).tolist(), strict=True):
        assert list(answer["probabilities"].values()) == pytest.approx(expected, abs=1e-12)


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


REPORT = "/models/iris/predict?on_error=report"


def missing(row: int, field: str) -> dict[str, Any]:
    return {"row": row, "field": field, "message": "is missing", "reason": "missing_feature"}


def without(flower: dict[str, Any], name: str) -> dict[str, Any]:
    return {feature: value for feature, value in flower.items() if feature != name}


def test_asked_to_report_it_answers_row_by_row_in_order_errors_beside_predictions(
    client: FlaskClient, flower: dict[str, Any]
) -> None:
    virginica = {"sepal_length": 7.7, "sepal_width": 2.8, "petal_length": 6.7, "petal_width": 2}
    rows = [virginica, without(flower, "petal_width"), flower, 5.1, flower | {"sepal_width": "wide"}, virginica]
    answer = client.post(REPORT, json=rows)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    first, second, third, fourth, fifth, sixth = answer.get_json()
    assert [good["label"] for good in (first, third, sixth)] == ["virginica", "setosa", "virginica"]
    assert second == {"errors": [missing(1, "petal_width")]}
    said = "must be an object of named features, not a number"
    assert fourth == {"errors": [{"row": 3, "field": None, "message": said, "reason": "not_an_object"}]}
    said = "must be a number, not the text 'wide'"
    assert fifth == {"errors": [{"row": 4, "field": "sepal_width", "message": said, "reason": "wrong_type"}]}


def test_asked_to_report_it_answers_good_rows_as_it_does_unasked(client: FlaskClient, flower: dict[str, Any]) -> None:
    rows = [flower, flower | {"petal_length": 60}]
    assert client.post(REPORT, json=rows).get_json() == client.post("/predict", json=rows).get_json()


def test_asked_to_report_rows_of_which_none_fits_are_answered_too(client: FlaskClient, flower: dict[str, Any]) -> None:
    answer = client.post("/predict?on_error=report", json=[without(flower, name) for name in flower])
    assert answer.status_code == 200
    assert answer.get_json() == [{"errors": [missing(row, name)]} for row, name in enumerate(flower)]


def test_asked_to_report_a_single_object_has_a_single_answer(client: FlaskClient, flower: dict[str, Any]) -> None:
    assert client.post(REPORT, json=flower).get_json()["label"] == "setosa"
    answer = client.post(REPORT, json=without(flower, "sepal_length"))
    assert (answer.status_code, answer.get_json()) == (200, {"errors": [missing(0, "sepal_length")]})


def test_asked_to_report_it_names_at_most_10_errors_a_row_and_misses_no_row(
    client: FlaskClient, flower: dict[str, Any]
) -> None:
    hostile = {f"colour_{number}": 1 for number in range(1_000)}
    answers = client.post(REPORT, json=[hostile] * 50 + [flower]).get_json()
    assert [len(answer["errors"]) for answer in answers[:-1]] == [10] * 50
    assert [error["row"] for answer in answers[:-1] for error in answer["errors"][:1]] == list(range(50))
    assert answers[-1]["label"] == "setosa"


@pytest.mark.parametrize("wish", ["ignore", "", "REPORT"])
def test_another_wish_than_fail_or_report_is_refused(client: FlaskClient, flower: dict[str, Any], wish: str) -> None:
    answer = client.post(f"/predict?on_error={wish}", json=flower)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["detail"] == f"on_error must be fail or report, not {wish!r}"


@pytest.mark.parametrize("path", ["/predict", "/predict?on_error=fail"])
def test_unless_asked_to_report_one_bad_row_fails_the_whole(
    client: FlaskClient, flower: dict[str, Any], path: str
) -> None:
    answer = client.post(path, json=[flower, without(flower, "petal_width")])
    assert answer.status_code == 400
    assert answer.get_json()["errors"] == [missing(1, "petal_width")]


def test_asked_to_report_a_flood_of_bad_rows_it_refuses_the_whole(client: FlaskClient, flower: dict[str, Any]) -> None:
    answer = client.post(REPORT, json=[flower] * 5 + [{}] * 10_000)
    assert answer.status_code == 200
    answer = client.post(REPORT, json=[flower] * 5 + [{}] * 10_001)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0] == missing(5, "sepal_length")
    assert len(answer.get_json()["errors"]) == 100


@pytest.mark.parametrize(
    ("length", "warnings"),
    [
        (7.9, []),
        (7.900000095367432, []),
        (7.900001, ["sepal_length 7.900001 cm is outside the training range, 4.3 to 7.9 cm"]),
        (4.300000190734863, []),
        (7.901, ["sepal_length 7.901 cm is outside the training range, 4.3 to 7.9 cm"]),
        (1234567.5, ["sepal_length 1234567.5 cm is outside the training range, 4.3 to 7.9 cm"]),
    ],
)
def test_a_float32_of_the_training_range_gets_no_warning_and_others_are_written_in_full(
    client: FlaskClient, length: float, warnings: list[str]
) -> None:
    assert client.post("/predict", json=FLOWER | {"sepal_length": length}).get_json()["warnings"] == warnings
