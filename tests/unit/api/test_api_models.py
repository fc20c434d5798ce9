"""What the api says of its models in JSON."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app


@pytest.mark.parametrize("path", ["/", "/models"])
def test_the_models_are_listed_in_short(client: FlaskClient, iris: Bundle, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    listed = answer.get_json()
    assert listed["refused"] == []
    (model,) = listed["models"]
    assert model == {
        "model": "iris",
        "version": "1",
        "title": iris.manifest.title,
        "predicts": iris.manifest.predicts,
        "labels": ["setosa", "versicolor", "virginica"],
        "unit": "",
        "trained_at": iris.manifest.trained_at,
        "test_accuracy": iris.manifest.metrics["test_accuracy"],
        "test_interval": [iris.manifest.metrics["test"]["accuracy"][end] for end in ("lower", "upper")],
        "links": {
            "self": "/models/iris",
            "predict": "/models/iris/predict",
            "report": "/models/iris/report",
            "card": "/models/iris/card",
            "history": "/models/iris/history",
        },
    }


def test_a_listed_model_can_be_asked_where_its_links_say(client: FlaskClient, flower: dict[str, object]) -> None:
    links = client.get("/models").get_json()["models"][0]["links"]
    assert client.post(links["predict"], json=flower).get_json()["label"] == "setosa"
    assert client.get(links["report"]).status_code == client.get(links["card"]).status_code == 200
    assert client.get(links["self"]).get_json()["links"] == links


def test_a_model_is_described_with_what_it_takes_answers_and_is_worth(both: FlaskClient, heart_failure: Bundle) -> None:
    manifest, described = heart_failure.manifest, both.get("/models/heart_failure").get_json()
    assert [feature["name"] for feature in described["features"]] == [feature.name for feature in manifest.features]
    assert described["features"][0] == {
        "name": "age",
        "label": "Age",
        "unit": "years",
        "help": "",
        "minimum": 0,
        "maximum": 120,
        "kind": "number",
        "choices": [],
        "other": False,
        "used": True,
        "optional": False,
    }
    assert [feature["name"] for feature in described["features"] if not feature["used"]] == ["diabetes", "sex"]
    for name in ("sample", "target", "probability", "parameters", "metrics", "training", "data", "libraries"):
        assert described[name] == getattr(manifest, name), name
    assert (described["notes"], described["labels"]) == (list(manifest.notes), ["died", "survived"])
    assert described["voters"] == ["decision_tree", "random_forest", "extra_trees"]
    assert "files" not in described


def test_a_described_models_examples_can_be_posted_and_are_answered_as_it_says(both: FlaskClient) -> None:
    for name in ("iris", "heart_failure"):
        for example in both.get(f"/models/{name}").get_json()["examples"]:
            answer = both.post(f"/models/{name}/predict", json=example["features"]).get_json()
            assert answer["label"] == example["label"]
            assert answer["probabilities"] == pytest.approx(example["probabilities"])


def test_without_a_model_the_list_is_empty_and_a_model_not_ready(tmp_path: Path) -> None:
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    answer = client.get("/models")
    assert (answer.status_code, answer.get_json()) == (200, {"models": [], "refused": []})
    assert client.get("/models/iris").status_code == 503


def test_a_refused_model_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "rose").mkdir()
    (tmp_path / "rose" / "current").write_text("seven")
    listed = create_app(Settings(models_dir=tmp_path)).test_client().get("/models").get_json()
    assert listed["models"] == []
    assert [each["model"] for each in listed["refused"]] == ["rose"]
    assert "must hold a version number, not 'seven'" in listed["refused"][0]["reason"]


@pytest.mark.parametrize(
    "path", ["/models/rose", "/models/rose/card", "/models/rose/report", "/models/rose/report/roc_curve.light.svg"]
)
def test_an_unknown_model_is_404_with_that_reason(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert [error["reason"] for error in answer.get_json()["errors"]] == ["unknown_model"]


def test_the_report_in_json_is_the_bundles_own(client: FlaskClient, iris: Bundle) -> None:
    answer = client.get("/models/iris/report")
    assert answer.get_json()["figures"]
    assert answer.get_json().keys() == {"figures", "searches", "class_balance"}
    assert (iris.path / "report" / "report.json").is_file()
