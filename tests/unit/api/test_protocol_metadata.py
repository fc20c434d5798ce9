"""What the Open Inference Protocol's routes say of the server and its models."""

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from tests.unit.api.inferences import metadata


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_server_says_what_it_is(client: FlaskClient, root: Path, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    extensions = ["binary_tensor_data", "model_repository"]
    assert answer.get_json() == {"name": "petalstream", "version": "unreleased", "extensions": extensions}
    assert "\n## Unreleased\n" in (root / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"live": True, "ready": True}),
        ("/v2/models/iris/ready", {"name": "iris", "ready": True}),
        ("/v2/models/iris/versions/1/ready", {"name": "iris", "ready": True}),
    ],
)
def test_what_is_ready_says_so(client: FlaskClient, path: str, content: dict[str, object]) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()) == (200, content)


def test_it_lives_where_nothing_is_served(tmp_path: Path) -> None:
    assert create_app(Settings(models_dir=tmp_path)).test_client().get("/v2/health/live").status_code == 200


def test_the_tensors_of_iris_are_its_features_and_what_it_predicts(client: FlaskClient) -> None:
    names = ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert metadata(client, "iris") == {
        "name": "iris",
        "versions": ["1"],
        "platform": "sklearn_joblib",
        "inputs": [{"name": name, "datatype": "FP64", "shape": [-1]} for name in names],
        "outputs": [
            {"name": "predict", "datatype": "BYTES", "shape": [-1]},
            {
                "name": "predict_proba",
                "datatype": "FP64",
                "shape": [-1, 3],
                "parameters": {"class_0": "setosa", "class_1": "versicolor", "class_2": "virginica"},
            },
        ],
    }


def test_the_tensors_of_heart_failure_are_of_the_kinds_of_its_features(both: FlaskClient) -> None:
    found = metadata(both, "heart_failure")
    assert {tensor["name"]: tensor["datatype"] for tensor in found["inputs"]} == {
        "age": "FP64",
        "anaemia": "BOOL",
        "creatinine_phosphokinase": "INT64",
        "diabetes": "BOOL",
        "ejection_fraction": "INT64",
        "high_blood_pressure": "BOOL",
        "platelets": "FP64",
        "serum_creatinine": "FP64",
        "serum_sodium": "INT64",
        "sex": "BOOL",
        "smoking": "BOOL",
        "time": "INT64",
    }
    assert list(found["outputs"][1]["parameters"].values()) == both.get("/models/heart_failure").get_json()["labels"]


def test_each_version_on_the_volume_is_named_and_can_be_asked(iris: Bundle, tmp_path: Path) -> None:
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    second = shutil.copytree(iris.path, tmp_path / "iris" / "2")
    manifest = Path(second) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": "1"', '"version": "2"', 1))
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    for path in ("", "/versions/1", "/versions/2"):
        assert client.get(f"/v2/models/iris{path}").get_json()["versions"] == ["1", "2"]
    tensor = {"name": "all", "datatype": "FP64", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}
    for version in ("1", "2"):
        answer = client.post(f"/v2/models/iris/versions/{version}/infer", json={"inputs": [tensor]})
        assert answer.get_json()["model_version"] == version
