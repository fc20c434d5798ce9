"""The page that answers a form."""

import json
import re
import shlex
from html import unescape
from typing import Any

from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from services.api.pages.prediction import build_view, curl_command

PAGE = {"Accept": "text/html"}


def ask(client: FlaskClient, model: str, row: dict[str, Any]) -> str:
    # A form has True and False as its radio buttons write them.
    form = {name: {"True": "yes", "False": "no"}.get(str(value), value) for name, value in row.items()}
    answer = client.post(f"/models/{model}/predict", data=form, headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    return answer.text


def visible(page: str) -> str:
    """The text of a page, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_answer_says_label_probabilities_what_they_are_and_which_model(
    both: FlaskClient, heart_failure: Bundle, patient: dict[str, Any]
) -> None:
    said = both.post("/models/heart_failure/predict", json=patient).get_json()
    text = ask(both, "heart_failure", patient)
    assert f"Prediction for this patient {said['label'].capitalize()}" in visible(text)
    assert f"<title>{said['label'].capitalize()}: Heart failure" in text
    for label, probability in said["probabilities"].items():
        assert f"{label} {list(said['votes'].values()).count(label)} of 3 votes" in visible(text)
        assert f'class="part" width="{round(probability * 100, 2)}"' in text
    assert "Share of the votes of decision tree, random forest and extra trees" in visible(text)
    assert "Heart failure version 1, trained" in visible(text)
    assert f'datetime="{heart_failure.manifest.trained_at}"' in text


def test_each_voter_is_shown_with_its_vote(both: FlaskClient, patient: dict[str, Any]) -> None:
    said = both.post("/models/heart_failure/predict", json=patient).get_json()
    text = visible(ask(both, "heart_failure", patient))
    for voter, label in said["votes"].items():
        assert f"{voter.replace('_', ' ').capitalize()} {label}" in text


def test_votes_that_have_weights_are_not_counted_but_given_as_a_share(
    heart_failure: Bundle, patient: dict[str, Any]
) -> None:
    votes = {"decision_tree": "survived", "random_forest": "died", "extra_trees": "survived"}
    answer = {"label": "died", "votes": votes, "warnings": []}
    weighed = answer | {"probabilities": {"died": 0.6, "survived": 0.4}}
    said = [text for _, _, text in build_view(heart_failure.manifest, patient, weighed, "http://localhost").shares]
    assert said == ["60.0%", "40.0%"]
    alike = answer | {"label": "survived", "probabilities": {"died": 1 / 3, "survived": 0.1 + 0.2 + 1.1 / 3}}
    said = [text for _, _, text in build_view(heart_failure.manifest, patient, alike, "http://localhost").shares]
    assert said == ["2 of 3 votes", "1 of 3 votes"]


def test_what_the_model_left_out_is_named(both: FlaskClient, patient: dict[str, Any]) -> None:
    assert "Not used by the model and left out: Diabetes, Male." in visible(ask(both, "heart_failure", patient))


def test_a_model_that_is_no_vote_shows_none(client: FlaskClient, flower: dict[str, Any]) -> None:
    text = visible(ask(client, "iris", flower))
    assert "Prediction for this flower Setosa" in text
    assert "Voter" not in text
    assert "Not used" not in text


def test_a_warning_speaks_of_the_field_by_its_label(client: FlaskClient, flower: dict[str, Any]) -> None:
    text = visible(ask(client, "iris", flower | {"petal_length": 60}))
    assert "Petal length 60 cm is outside the training range, 1" in text
    assert "60 cm: higher than all of the training data" in text
    assert "Outside of what the model has seen" not in visible(ask(client, "iris", flower))


def test_every_input_has_a_chart_and_its_words(both: FlaskClient, patient: dict[str, Any]) -> None:
    text = ask(both, "heart_failure", patient)
    assert text.count('<svg class="chart"') == 10
    assert text.count('class="marker"') == 7
    assert text.count('class="marked"') == 3
    readings = re.findall('<p class="reading">(.*?)</p>', text)
    assert len(readings) == 10
    assert all(reading.endswith("the training data") for reading in readings)


def test_the_form_stays_with_what_was_typed(client: FlaskClient, flower: dict[str, Any]) -> None:
    text = ask(client, "iris", flower | {"sepal_length": " 5.10 "})
    assert 'name="sepal_length" value=" 5.10 "' in text


def test_the_command_asks_for_the_same_again(both: FlaskClient, patient: dict[str, Any]) -> None:
    text = ask(both, "heart_failure", patient)
    command = unescape(text.partition('<pre class="command"><code>')[2].partition("</code>")[0])
    program, url, option, header, data, body = shlex.split(command)
    assert (program, option, header, data) == ("curl", "-H", "Content-Type: application/json", "-d")
    assert url == "http://localhost/models/heart_failure/predict"
    assert json.loads(body) == patient
    again = both.post(url.removeprefix("http://localhost"), data=body, content_type="application/json").get_json()
    assert again == both.post("/models/heart_failure/predict", json=patient).get_json()


def test_the_command_is_quoted_for_a_shell() -> None:
    row = {"colour": 'it\'s "$HOME" `id` \\ é', "on": True, "size": 1.9}
    words = shlex.split(curl_command("http://localhost:5000/models/rose/predict", row))
    assert json.loads(words[-1]) == row
    assert len(words) == 6
