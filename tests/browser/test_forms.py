"""A person fills in a form and reads the answer."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site, Visit
from tests.browser.states import (
    CHOICES,
    FLOWER,
    HEART_FAILURE,
    IRIS,
    PATIENT,
    PENGUIN,
    PENGUINS,
    fill_in,
    radio_group,
    send,
    text_field,
)

pytestmark = pytest.mark.xdist_group("browser")


def rows_of(description: dict[str, Any], values: Mapping[str, str | bool]) -> dict[str, Any]:
    """What a program sends for what a person typed."""
    names = {feature["label"]: feature["name"] for feature in description["features"]}
    return {
        names[label]: value if isinstance(value, bool) or label in CHOICES else json.loads(value)
        for label, value in values.items()
    }


def answer_to_a_program(site: Site, path: str, values: Mapping[str, str | bool]) -> dict[str, Any]:
    row = rows_of(requests.get(site.origin + path, timeout=10).json(), values)
    response = requests.post(f"{site.origin}{path}/predict", json=row, timeout=10)
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    return answer


def the_answer(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^Prediction for this"))


def shows_the_answer(page: Page, answer: dict[str, Any]) -> None:
    shown = the_answer(page)
    expect(shown.get_by_role("heading")).to_have_text(re.compile(f"{answer['label']}$", re.IGNORECASE))
    for label, probability in answer["probabilities"].items():
        line = shown.get_by_role("listitem").filter(has_text=re.compile(rf"^\s*{label}\b"))
        votes = [vote for vote in answer.get("votes", {}).values() if vote == label]
        shares = [f"{probability:.1%}", f"{len(votes)} of {len(answer.get('votes', {}))}"]
        expect(line).to_contain_text(re.compile("|".join(map(re.escape, shares))))
    expect(shown).to_contain_text(f"version {answer['version']}")


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_flower_typed_by_hand_is_answered_as_a_program_is(site: Site, javascript: bool) -> None:
    with site.visit(java_script_enabled=javascript) as visit:
        visit.page.goto(site.origin)
        visit.page.get_by_role("link", name="Predict with Iris").click()
        fill_in(visit.page, FLOWER)
        assert send(visit.page) == 200
        shows_the_answer(visit.page, answer_to_a_program(site, IRIS, FLOWER))
        assert visit.complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_patient_is_answered_with_votes_and_what_was_not_used(site: Site, javascript: bool) -> None:
    with site.visit(java_script_enabled=javascript) as visit:
        visit.page.goto(site.origin + HEART_FAILURE)
        fill_in(visit.page, PATIENT)
        assert send(visit.page) == 200
        answer = answer_to_a_program(site, HEART_FAILURE, PATIENT)
        assert answer["label"] in ("died", "survived")
        assert len(answer["votes"]) == 3
        shows_the_answer(visit.page, answer)
        for voter, label in answer["votes"].items():
            row = the_answer(visit.page).get_by_role("row", name=re.compile(voter.replace("_", " "), re.IGNORECASE))
            expect(row.get_by_role("cell")).to_have_text(label)
        expect(the_answer(visit.page)).to_contain_text(re.compile("not used .*Diabetes, Male", re.IGNORECASE))
        assert visit.complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_penguin_is_answered_with_a_number_and_its_interval(site: Site, javascript: bool) -> None:
    with site.visit(java_script_enabled=javascript) as visit:
        visit.page.goto(site.origin + PENGUINS)
        fill_in(visit.page, PENGUIN)
        assert send(visit.page) == 200
        answer = answer_to_a_program(site, PENGUINS, PENGUIN)
        shown = the_answer(visit.page)
        expect(shown.get_by_role("heading")).to_have_text(re.compile(re.escape(f"{answer['prediction']:,.0f} g") + "$"))
        for bound in answer["interval"]:
            expect(shown).to_contain_text(f"{bound:,.0f}")
        assert visit.complaints == []


def test_what_the_model_does_not_use_may_be_left_out(visit: Visit, site: Site) -> None:
    visit.page.goto(site.origin + HEART_FAILURE)
    fill_in(visit.page, {label: value for label, value in PATIENT.items() if label not in ("Diabetes", "Male")})
    assert send(visit.page) == 200
    expect(the_answer(visit.page)).not_to_contain_text(re.compile("not used", re.IGNORECASE))


def test_the_answer_has_the_focus_and_keeps_the_form_as_it_was_typed(visit: Visit, site: Site) -> None:
    visit.page.goto(site.origin + HEART_FAILURE)
    fill_in(visit.page, PATIENT)
    send(visit.page)
    expect(the_answer(visit.page)).to_be_focused()
    shows_what_was_typed(visit.page)


def test_an_example_fills_the_form_with_one_click(visit: Visit, site: Site) -> None:
    for path, label in ((IRIS, "virginica"), (HEART_FAILURE, "survived")):
        visit.page.goto(site.origin + path)
        visit.page.get_by_role("link", name=re.compile(f"predicted “{label}”")).click()
        visit.page.wait_for_url("**/*example=*")
        for field in visit.page.get_by_role("textbox").all():
            expect(field).not_to_have_value("")
        assert send(visit.page) == 200
        expect(the_answer(visit.page).get_by_role("heading")).to_have_text(re.compile(f"{label}$", re.IGNORECASE))


def test_a_value_beyond_the_training_data_is_answered_with_a_warning(visit: Visit, site: Site) -> None:
    visit.page.goto(site.origin + IRIS)
    fill_in(visit.page, FLOWER | {"Petal width": "9"})
    assert send(visit.page) == 200
    (warning,) = answer_to_a_program(site, IRIS, FLOWER | {"Petal width": "9"})["warnings"]
    expect(the_answer(visit.page)).to_contain_text(warning.replace("petal_width", "Petal width"))


def test_back_after_an_answer_brings_the_typed_values(visit: Visit, site: Site) -> None:
    visit.page.goto(site.origin + HEART_FAILURE)
    fill_in(visit.page, PATIENT)
    send(visit.page)
    visit.page.go_back(wait_until="load")
    assert visit.page.url == site.origin + HEART_FAILURE
    shows_what_was_typed(visit.page)


def test_the_address_of_an_answer_opened_again_leads_to_the_form(visit: Visit, site: Site) -> None:
    visit.page.goto(f"{site.origin}{IRIS}/predict")
    assert visit.page.url == site.origin + IRIS
    expect(visit.page.get_by_role("button", name="Predict")).to_be_visible()


def shows_what_was_typed(page: Page) -> None:
    for label, value in PATIENT.items():
        if isinstance(value, bool):
            chosen = "Yes" if value else "No"
            expect(radio_group(page, label).get_by_role("radio", name=chosen, exact=True)).to_be_checked()
        else:
            expect(text_field(page, label)).to_have_value(value)
