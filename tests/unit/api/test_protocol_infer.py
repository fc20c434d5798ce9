"""What POST /v2/models/<model>/infer answers to requests that fit the model."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from tests.unit.api.inferences import columns, matrix, metadata

IRIS = "/v2/models/iris/infer"


@pytest.fixture
def flowers(client: FlaskClient, flower: dict[str, Any]) -> dict[str, Any]:
    """A request for two flowers, with an input for each feature."""
    return columns(metadata(client, "iris"), [flower, flower | {"petal_length": 6.0, "petal_width": 2.5}])


@pytest.mark.parametrize("name", ["iris", "heart_failure"])
def test_every_sample_of_the_test_set_gets_the_answer_that_predict_gives(
    both: FlaskClient, request: pytest.FixtureRequest, name: str
) -> None:
    bundle: Bundle = request.getfixturevalue(name)
    samples = [features for _, features, _ in bundle.test_set()]
    expected = both.post(f"/models/{name}/predict", json=samples).get_json()
    for asked in (columns(metadata(both, name), samples), matrix(samples)):
        answer = both.post(f"/v2/models/{name}/infer", json=asked)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        labels, probabilities = answer.get_json()["outputs"]
        assert labels["data"] == [each["label"] for each in expected]
        width = probabilities["shape"][1]
        classes = [probabilities["parameters"][f"class_{column}"] for column in range(width)]
        shares = zip(*[iter(probabilities["data"])] * width, strict=True)
        assert [dict(zip(classes, row, strict=True)) for row in shares] == [each["probabilities"] for each in expected]


def test_the_answer_names_model_and_version_and_has_both_outputs_flat(
    client: FlaskClient, flowers: dict[str, Any]
) -> None:
    answer = client.post(IRIS, json=flowers).get_json()
    labels, probabilities = answer.pop("outputs")
    assert answer == {"model_name": "iris", "model_version": "1"}
    assert labels == {"name": "predict", "datatype": "BYTES", "shape": [2], "data": ["setosa", "virginica"]}
    assert (probabilities["name"], probabilities["datatype"], probabilities["shape"]) == (
        "predict_proba",
        "FP64",
        [2, 3],
    )
    assert probabilities["parameters"] == {"class_0": "setosa", "class_1": "versicolor", "class_2": "virginica"}
    assert sum(probabilities["data"]) == pytest.approx(2)


@pytest.mark.parametrize("identifier", ["42", "", "\ud800é"])
def test_the_id_comes_back(client: FlaskClient, flowers: dict[str, Any], identifier: str) -> None:
    assert client.post(IRIS, json=flowers | {"id": identifier}).get_json()["id"] == identifier


@pytest.mark.parametrize(
    ("outputs", "names"),
    [
        (None, ["predict", "predict_proba"]),
        ([], ["predict", "predict_proba"]),
        ([{"name": "predict"}], ["predict"]),
        ([{"name": "predict_proba", "parameters": {"binary_data": False}}], ["predict_proba"]),
        ([{"name": "predict_proba"}, {"name": "predict"}], ["predict_proba", "predict"]),
    ],
)
def test_the_outputs_that_are_asked_for_come_in_that_order_and_all_where_none_is(
    client: FlaskClient, flowers: dict[str, Any], outputs: object, names: list[str]
) -> None:
    answer = client.post(IRIS, json=flowers | {"outputs": outputs}).get_json()
    assert [output["name"] for output in answer["outputs"]] == names


@pytest.mark.parametrize(
    "more",
    [
        {"parameters": {"binary_data_output": False, "priority": 1}},
        {"parameters": None, "id": None},
        {"a_member_of_some_later_version": [1]},
    ],
)
def test_what_the_protocol_leaves_to_extensions_changes_nothing(
    client: FlaskClient, flowers: dict[str, Any], more: dict[str, Any]
) -> None:
    assert client.post(IRIS, json=flowers | more).get_json() == client.post(IRIS, json=flowers).get_json()


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_a_body_that_names_no_type_is_json_as_the_clients_mean_it(
    client: FlaskClient, flower: dict[str, Any], content_type: str | None
) -> None:
    body = b'{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [[5.1, 3.5, 1.4, 0.2]]}]}'
    answer = client.post(IRIS, data=body, content_type=content_type)
    assert answer.get_json()["outputs"][0]["data"] == ["setosa"]


def test_a_patient_may_be_sent_without_what_the_model_does_without(both: FlaskClient, patient: dict[str, Any]) -> None:
    tensors = metadata(both, "heart_failure")
    answers = [
        both.post("/v2/models/heart_failure/infer", json=columns(tensors, [sent])).get_json()
        for sent in (patient, {name: value for name, value in patient.items() if name not in ("diabetes", "sex")})
    ]
    assert answers[0] == answers[1]


def test_a_version_is_asked_by_its_number(client: FlaskClient, flowers: dict[str, Any]) -> None:
    answer = client.post("/v2/models/iris/versions/1/infer", json=flowers).get_json()
    assert answer["model_version"] == "1"
    assert answer == client.post(IRIS, json=flowers).get_json()


def test_what_is_scored_is_counted_as_of_any_other_request(client: FlaskClient, flowers: dict[str, Any]) -> None:
    def rows() -> float:
        counted = client.get("/metrics").text
        (line,) = [
            line
            for line in counted.splitlines()
            if line.startswith('petalstream_api_rows_total{model="iris",outcome="pre')
        ]
        return float(line.split()[-1])

    client.post(IRIS, json=flowers)
    before = rows()
    client.post(IRIS, json=flowers)
    assert rows() == before + 2
