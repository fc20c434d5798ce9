"""The pages of a model that nobody foresaw: features of every kind, one class more, and words meant to break out."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from petalstream.features import Category
from petalstream.model.bundle import Bundle
from services.api.pages.form_entries import read_entries
from services.api.pages.form_fields import build_fields
from services.api.scoring.training_range import TrainingRange
from tests.unit.api.roses import EVIL, FEATURES, rose

__all__ = ["rose"]

Read = Callable[[str], list[tuple[str, dict[str, str | None]]]]
PAGE = {"Accept": "text/html"}


def filled(**changes: str) -> dict[str, Any]:
    return {"soil type": "clay", "height": "-1.5", "thorns": "3.0", "wild": "yes", "bed": ""} | changes


def test_a_category_is_chosen_from_a_list(rose: FlaskClient, elements: Read) -> None:
    found = elements(rose.get("/models/rose?example=0", headers=PAGE).text)
    options = [attributes for tag, attributes in found if tag == "option"]
    assert [option["value"] for option in options] == ["", *FEATURES[0].choices, "", "north", "south"]
    assert [option["value"] for option in options if "selected" in option] == ["clay", ""]
    selects = [attributes for tag, attributes in found if tag == "select"]
    assert [("required" in select, " " in str(select["id"])) for select in selects] == [(True, False), (False, False)]


def test_a_form_of_every_kind_is_answered(rose: FlaskClient) -> None:
    form = filled() | {"soil type": FEATURES[0].choices[1]}
    said = rose.post("/models/rose/predict", data=form).get_json()
    row = {"soil type": FEATURES[0].choices[1], "height": -1.5, "thorns": 3, "wild": True}
    assert said == rose.post("/models/rose/predict", json=row).get_json()
    answer = rose.post("/models/rose/predict", data=form, headers=PAGE)
    assert (answer.status_code, answer.text.count('class="marked"')) == (200, 2)
    assert "yes: as 0 of 5 in the training data" in answer.text
    assert "Wild yes does not occur in the training data" in answer.text


def test_a_choice_that_there_is_not_is_an_error_of_its_field(rose: FlaskClient) -> None:
    answer = rose.post("/models/rose/predict", data=filled(bed="west"), headers=PAGE)
    assert answer.status_code == 400
    assert "Bed must be one of north, south, not the text &#39;west&#39;" in answer.text


@pytest.mark.parametrize(
    ("typed", "value", "other"),
    [
        ("", "", ("(other)", "Another")),
        ("red", "red", ("(other)", "Another")),
        ("3.0", "3", ("(other)", "Another")),
        ("(other)", "(other)", ("(other)", "Another")),
        ("green", "green", ("green", "Another: green")),
        ("7", "7", ("7", "Another: 7")),
    ],
)
def test_a_value_that_is_not_listed_stays_in_the_form(
    iris: Bundle, typed: str, value: str, other: tuple[str, str]
) -> None:
    colour = Category("colour", choices=("red", 3), other=True)
    manifest = dataclasses.replace(iris.manifest, features=(colour,))
    (field,) = build_fields(manifest, read_entries([colour], [("colour", typed)]))
    assert (field.value, list(field.choices)) == (value, [("", "Choose one"), ("red", "red"), ("3", "3"), other])
    again = read_entries([colour], [("colour", field.value)])
    assert again.row == read_entries([colour], [("colour", typed)]).row


def test_a_choice_that_the_training_data_does_not_have_is_warned_of(iris: Bundle) -> None:
    colour = Category("colour", choices=("red", "white"), other=True)
    training = {"colour": {"choices": list(colour.options), "counts": [5, 0, 0]}}
    seen = TrainingRange(dataclasses.replace(iris.manifest, features=(colour,), training=training))
    assert seen.find_warnings(np.array([[0.0], [1.0], [2.0]])) == {
        1: ["colour white does not occur in the training data"],
        2: ["colour is none of the choices in the training data"],
    }


def test_words_of_a_manifest_are_text_on_every_page(rose: FlaskClient, elements: Read) -> None:
    pages = [
        rose.get(path, headers=PAGE) for path in ("/", *(f"/models/rose{page}" for page in ("", "/report", "/card")))
    ]
    pages += [rose.post("/models/rose/predict", data=form, headers=PAGE) for form in ({"height": EVIL}, filled())]
    for page in pages:
        assert page.mimetype == "text/html"
        assert "alert(1)" in page.text
        for tag, attributes in elements(page.text):
            assert tag != "script"
            assert not str(attributes.get("href")).startswith("javascript:")


def test_the_pages_own_words_know_no_model(root: Path) -> None:
    for path in (root / "services" / "api").rglob("*"):
        if path.suffix in (".html", ".css", ".py"):
            words = path.read_text().lower()
            for word in ("iris", "setosa", "heart", "patient", "died", "sepal"):
                assert word not in words, f"{path} says {word}"
