"""The model card: what a model is for and what it is worth, as a page and in JSON."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from petalstream.model.bundle import Bundle
from petalstream.model.metrics import METRICS
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.models.descriptions import CARD_SECTIONS
from tests.unit.api.roses import rose

__all__ = ["rose"]

PAGE = {"Accept": "text/html"}
MODELS = ("iris", "heart_failure", "penguins")


def changed(bundle: Bundle, home: Path, **changes: Any) -> FlaskClient:
    """A client of an api with a copy of the bundle whose manifest was changed."""
    folder = home / bundle.manifest.model / "1"
    folder.mkdir(parents=True)
    for name in bundle.manifest.files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(bundle.read(name))
    (folder / "manifest.json").write_text(dataclasses.replace(bundle.manifest, **changes).to_json())
    (folder.parent / "current").write_text("1")
    return create_app(Settings(models_dir=home)).test_client()


def card(client: FlaskClient, model: str) -> Any:
    answer = client.get(f"/models/{model}/card")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.get_json()


@pytest.mark.parametrize("model", MODELS)
def test_every_example_states_each_section_and_the_page_shows_it(both: FlaskClient, model: str) -> None:
    found, text = card(both, model), both.get(f"/models/{model}/card", headers=PAGE).text
    for section in CARD_SECTIONS:
        assert len(found[section].split()) >= 5
        assert f"{found[section].removesuffix('.')}.</" in text.replace("&#39;", "'")
    assert "Not stated" not in text


@pytest.mark.parametrize("model", MODELS)
def test_the_page_has_each_metric_with_interval_and_baseline(both: FlaskClient, model: str) -> None:
    found, text = card(both, model), both.get(f"/models/{model}/card", headers=PAGE).text
    assert len(found["metrics"]) == (3 if model == "penguins" else 7)
    assert found["metrics"].keys() == found["baseline"].keys()
    for name, estimate in found["metrics"].items():
        assert estimate["lower"] <= estimate["value"] <= estimate["upper"]
        metric, unit = METRICS[name], found["unit"]
        assert f'<th scope="row">{metric.title} ' in text
        interval = f'<span class="interval">{metric.format_interval(estimate, unit)}</span>'
        baseline = metric.format(found["baseline"][name], unit)
        assert f"<td>{metric.format(estimate['value'], unit)} {interval}</td><td>{baseline}</td>" in text


def test_slices_are_of_features_that_the_model_does_not_use_too(both: FlaskClient) -> None:
    found, text = card(both, "heart_failure"), both.get("/models/heart_failure/card", headers=PAGE).text
    of_sex = {each["value"]: each for each in found["slices"] if each["feature"] == "sex"}
    assert of_sex.keys() == {"no", "yes"}
    assert sum(each["rows"] for each in of_sex.values()) == found["data"]["parts"]["test"] == 60
    assert 'colspan="3">Male <span class="tag">not used by the model</span></th>' in text
    for value, each in of_sex.items():
        assert f'<th scope="row">{value}</th><td>{each["rows"]}</td><td>{each["estimate"]["value"]:.1%} ' in text


def test_a_slice_with_too_few_rows_has_their_number_and_no_metric(rose: FlaskClient) -> None:
    text = rose.get("/models/rose/card", headers=PAGE).text
    few = [each for each in card(rose, "rose")["slices"] if each["estimate"] is None]
    assert few
    for each in few:
        assert f'<th scope="row">{escape(each["value"])}</th><td>{each["rows"]}</td><td>too few rows</td>' in text


def test_what_is_not_stated_is_null_in_json_and_said_on_the_page(iris: Bundle, tmp_path: Path) -> None:
    client = changed(iris, tmp_path, card={"owner": "<b>Us</b>", "limits": ""})
    found, text = card(client, "iris"), client.get("/models/iris/card", headers=PAGE).text
    assert [found[section] for section in CARD_SECTIONS] == [None, None, None, None, "<b>Us</b>"]
    assert text.count('<span class="absent">Not stated</span>') == 4
    assert "<dd>&lt;b&gt;Us&lt;/b&gt;.</dd>" in text


def test_it_says_what_the_model_was_trained_with_and_when(both: FlaskClient, penguins: Bundle) -> None:
    manifest, found = penguins.manifest, card(both, "penguins")
    for name in ("trained_at", "libraries", "parameters", "fingerprint", "data"):
        assert found[name] == getattr(manifest, name)
    text = both.get("/models/penguins/card", headers=PAGE).text
    parts = manifest.data["parts"]
    assert sum(parts.values()) == manifest.data["rows"]
    assert f"{parts['training']} training, {parts['validation']} validation, {parts['test']} test" in text
    assert f"scikit-learn {manifest.libraries['scikit-learn']}" in text
    assert f'<time datetime="{manifest.trained_at}">' in text
    assert "<code>predict__alpha=" in text


@pytest.mark.parametrize("page", ["", "/report"])
def test_the_form_and_the_report_lead_to_it(both: FlaskClient, page: str) -> None:
    assert 'href="/models/iris/card">model card</a>' in both.get(f"/models/iris{page}", headers=PAGE).text


def test_the_form_says_how_accurate_the_model_is_and_how_sure_that_is(both: FlaskClient) -> None:
    accuracy = card(both, "iris")["metrics"]["accuracy"]
    interval = f"(95% interval {accuracy['lower']:.1%} to {accuracy['upper']:.1%})"
    text = both.get("/models/iris", headers=PAGE).text
    assert f"Accuracy on the 30 rows of the test part: {accuracy['value']:.1%} {interval}" in text


def test_a_metric_that_is_not_defined_is_left_out_of_all_pages(penguins: Bundle, tmp_path: Path) -> None:
    metrics = dict(penguins.manifest.metrics)
    for part in ("test", "baseline"):
        metrics[part] = {name: value for name, value in metrics[part].items() if name != "r2"}
    client = changed(penguins, tmp_path, metrics=metrics)
    for path in ("/", "/models/penguins", "/models/penguins/report", "/models/penguins/card"):
        assert client.get(path, headers=PAGE).status_code == 200
    assert client.get("/models").get_json()["models"][0]["test_interval"] is None
