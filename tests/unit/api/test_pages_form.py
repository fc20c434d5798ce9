"""The form of a model: what it asks, and how it answers what does not fit."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle

Read = Callable[[str], list[tuple[str, dict[str, str | None]]]]
PAGE = {"Accept": "text/html"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='x",
    "{{ 7 * 7 }}",
    "&lt;",
]


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    return answer.text


def post(client: FlaskClient, form: dict[str, Any], model: str = "iris") -> tuple[int, str]:
    answer = client.post(f"/models/{model}/predict", data=form, headers=PAGE)
    assert answer.mimetype == "text/html"
    return answer.status_code, answer.text


def test_every_feature_has_a_field_of_its_kind_with_a_label(both: FlaskClient, elements: Read) -> None:
    text = page(both, "/models/heart_failure")
    found = elements(text)
    labelled = {attributes["for"] for tag, attributes in found if tag == "label" and "for" in attributes}
    inputs = {attributes["name"]: attributes for tag, attributes in found if tag == "input"}
    assert (inputs["age"]["type"], inputs["age"]["inputmode"]) == ("text", "decimal")
    # With autocomplete off, a browser's way back from an answer would lose what was typed.
    assert "autocomplete" not in inputs["age"]
    assert inputs["time"]["inputmode"] == "numeric"
    assert {inputs["age"]["id"], inputs["time"]["id"]} <= labelled
    assert inputs["smoking"]["type"] == "radio"
    assert text.count("<legend>") == text.count("<fieldset") == 5
    assert "Age <span" in text
    assert "0 to 120 years; 40 to 95 years in the training data." in text


def test_the_form_leaves_the_checks_to_the_server_and_needs_no_script(both: FlaskClient, elements: Read) -> None:
    for name in ("iris", "heart_failure"):
        found = elements(page(both, f"/models/{name}"))
        form = next(attributes for tag, attributes in found if tag == "form")
        assert (form["method"], form["action"]) == ("post", f"/models/{name}/predict#outcome")
        assert "novalidate" in form
        assert not [tag for tag, _ in found if tag in ("script", "style")]
        assert not [key for _, attributes in found for key in attributes if key == "style" or key.startswith("on")]


def test_what_the_model_does_not_use_is_marked_and_optional(both: FlaskClient, patient: dict[str, Any]) -> None:
    assert page(both, "/models/heart_failure").count("not used by the model, optional") == 2
    assert "not used by the model" not in page(both, "/models/iris")
    form = both.get("/models/heart_failure").get_json()["examples"][0]["features"] | {"diabetes": "", "sex": ""}
    status, text = post(both, form, "heart_failure")
    assert (status, "Not used by the model and left out" in text) == (200, False)


def test_the_notes_stand_on_the_form_and_with_the_answer(both: FlaskClient, patient: dict[str, Any]) -> None:
    note = "A demonstration and no medical device"
    assert note in page(both, "/models/heart_failure")
    assert note in post(both, patient, "heart_failure")[1]
    assert "Please note" not in page(both, "/models/iris")


def test_the_notes_say_what_the_model_is_worth_without_an_input(both: FlaskClient, heart_failure: Bundle) -> None:
    crossed = heart_failure.manifest.metrics["cross_validation"]
    whole, less = (
        f"{found['accuracy']['mean']:.1%} ± {found['accuracy']['spread']:.1%}"
        for found in (crossed, crossed["without"]["time"])
    )
    note = page(both, "/models/heart_failure").partition("<aside")[2].partition("</aside>")[0]
    said = f"is right in {whole} of the cases, and in {less} without “Follow-up period”."
    assert f"<li>In cross-validation the prediction for a patient {said}</li>" in note


def test_examples_fill_the_form_in_with_one_click(both: FlaskClient, elements: Read) -> None:
    for name in ("iris", "heart_failure"):
        found = elements(page(both, f"/models/{name}"))
        links = [attributes["href"] or "" for tag, attributes in found if "?example=" in (attributes.get("href") or "")]
        examples = both.get(f"/models/{name}").get_json()["examples"]
        assert len(links) == len({example["label"] for example in examples})
        for link in links:
            filled = elements(page(both, link))
            typed = {
                attributes["name"]: attributes["value"]
                for tag, attributes in filled
                if tag == "input" and (attributes["type"] == "text" or "checked" in attributes)
            }
            expected = examples[int(link.partition("=")[2])]
            answer = both.post(f"/models/{name}/predict", data=typed).get_json()
            assert answer["label"] == expected["label"]
            assert answer["probabilities"] == pytest.approx(expected["probabilities"])


@pytest.mark.parametrize("wish", ["99", "-1", "", "one", "0 ", "%00", "1" * 5_000])
def test_an_example_that_is_not_there_is_404(client: FlaskClient, wish: str) -> None:
    page(client, f"/models/iris?example={wish}", 404)


def test_errors_stand_beside_their_fields_and_in_a_summary_and_what_was_typed_is_kept(
    both: FlaskClient, elements: Read
) -> None:
    status, text = post(both, {"age": "-5", "platelets": "wide", "smoking": "yes", "time": "12"}, "heart_failure")
    found = elements(text)
    assert status == 400
    assert "<title>Error: Heart failure" in text
    by_name = {attributes["name"]: attributes for tag, attributes in found if tag == "input" and "name" in attributes}
    assert (by_name["age"]["value"], by_name["platelets"]["value"], by_name["time"]["value"]) == ("-5", "wide", "12")
    assert by_name["age"]["aria-invalid"] == "true"
    assert "aria-invalid" not in by_name["time"]
    ids = {attributes["id"] for _, attributes in found if "id" in attributes}
    assert set((by_name["age"]["aria-describedby"] or "").split()) <= ids
    summary = next(attributes for _, attributes in found if attributes.get("id") == "outcome")
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    assert "There are 8 problems" in text
    assert f'<a href="#{by_name["age"]["id"]}">Age must be at least 0 years, not -5</a>' in text
    links = [str(attributes["href"])[1:] for _, attributes in found if str(attributes.get("href")).startswith("#field")]
    assert len(links) == 8
    assert set(links) <= ids
    assert '<input type="radio" name="smoking" value="yes" id="field-10" checked>' in text


def test_every_id_is_there_once_and_every_reference_leads_to_one(both: FlaskClient, elements: Read) -> None:
    pages = [page(both, path) for path in ("/", "/models/heart_failure", "/models/heart_failure/report")]
    pages += [post(both, {"age": ""}, "heart_failure")[1]]
    for text in pages:
        found = elements(text)
        ids = [attributes["id"] for _, attributes in found if "id" in attributes]
        assert len(ids) == len(set(ids))
        for _, attributes in found:
            for key in ("for", "aria-labelledby", "aria-describedby"):
                assert set((attributes.get(key) or "").split()) <= set(ids)
        assert [tag for tag, _ in found].count("h1") == 1


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_are_shown_as_text(client: FlaskClient, elements: Read, hostile: str) -> None:
    status, text = post(client, {"sepal_length": hostile, hostile: hostile})
    assert status == 400
    assert "<script" not in text
    assert "<img src=x" not in text
    found = elements(text)
    assert next(each for tag, each in found if each.get("name") == "sepal_length")["value"] == hostile
    assert not [key for _, attributes in found for key in attributes if key in ("onerror", "onfocus")]
    assert hostile[:20] in unescape(text)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_paths_are_shown_as_text(client: FlaskClient, elements: Read, hostile: str) -> None:
    for path in (f"/{hostile}", f"/models/{hostile}", f"/models/iris?example={hostile}"):
        answer = client.get(path, headers=PAGE)
        assert answer.status_code == 404
        found = elements(answer.text)
        assert not [tag for tag, attributes in found if tag == "script" or "onerror" in attributes]


def test_a_hostile_host_cannot_leave_the_command(client: FlaskClient, flower: dict[str, Any]) -> None:
    for host in ("x';touch y;'", "<script>", 'a"b', ""):
        answer = client.post("/models/iris/predict", data=flower, headers=PAGE | {"Host": host})
        assert answer.status_code == 400
        assert "<script" not in answer.text
        assert "touch y" not in answer.text
