"""What a person who mistypes sees, and what somebody with bad intentions achieves."""

import re

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.site import Site, Visit
from tests.browser.states import (
    FLOWER,
    HEART_FAILURE,
    IRIS,
    PATIENT,
    WRONG_PATIENT,
    fill_in,
    radio_group,
    send,
    text_field,
)
from tests.length import long_except

pytestmark = pytest.mark.xdist_group("browser")

FAULTS = {
    "Age": "must be a number",
    "Ejection fraction": "at most 100",
    "Serum sodium": "missing",
    "Smokes": "missing",
}
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onfocus=alert(1) autofocus='",
    "{{ 7 * 191 }}{% raw %}",
    "</textarea></form><form action=//evil.invalid>",
]


def send_wrong_patient(page: Page, site: Site) -> None:
    page.goto(site.origin + HEART_FAILURE)
    fill_in(page, WRONG_PATIENT)
    assert send(page) == 400


def summary(page: Page) -> Locator:
    return page.get_by_role("alert")


def faulty_field(page: Page, label: str) -> Locator:
    return radio_group(page, label) if label == "Smokes" else text_field(page, label)


def box(found: Locator) -> FloatRect:
    bounds = found.bounding_box()
    assert bounds
    return bounds


def test_wrong_input_is_kept_and_the_rest_stays_filled_in(visit: Visit, site: Site) -> None:
    send_wrong_patient(visit.page, site)
    for label, value in WRONG_PATIENT.items():
        if isinstance(value, str):
            expect(text_field(visit.page, label)).to_have_value(value)
        else:
            chosen = radio_group(visit.page, label).get_by_role("radio", name="Yes" if value else "No", exact=True)
            expect(chosen).to_be_checked()
    for radio in radio_group(visit.page, "Smokes").get_by_role("radio").all():
        expect(radio).not_to_be_checked()


def test_each_error_is_told_at_its_field_to_ears_and_eyes(visit: Visit, site: Site) -> None:
    send_wrong_patient(visit.page, site)
    for label, fault in FAULTS.items():
        field = faulty_field(visit.page, label)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(fault))
        told = visit.page.get_by_text(re.compile(f"^(Error: )?{label} .*{fault}")).and_(
            visit.page.get_by_role("paragraph")
        )
        expect(told).to_be_visible()
        shown, beside = box(told), box(field)
        assert abs(shown["x"] - beside["x"]) < 40
        # Above the field with its hint between them at most, or within the frame of a group.
        assert -120 < shown["y"] - beside["y"] < beside["height"] + 40
    invalid = visit.page.locator("[aria-invalid=true]")
    expect(invalid).to_have_count(len(FAULTS))


def test_the_summary_of_errors_has_the_focus_and_leads_to_each_field(visit: Visit, site: Site) -> None:
    send_wrong_patient(visit.page, site)
    expect(visit.page).to_have_title(re.compile("^Error: "))
    expect(summary(visit.page)).to_be_focused()
    expect(summary(visit.page)).to_be_in_viewport()
    expect(summary(visit.page).get_by_role("link")).to_have_count(len(FAULTS))
    for label in FAULTS:
        summary(visit.page).get_by_role("link", name=re.compile(f"^{label}")).click()
        field = faulty_field(visit.page, label)
        expect(field.get_by_role("radio").first if label == "Smokes" else field).to_be_focused()


def test_corrected_input_is_answered(visit: Visit, site: Site) -> None:
    send_wrong_patient(visit.page, site)
    fill_in(visit.page, {label: PATIENT[label] for label in FAULTS})
    assert send(visit.page) == 200
    expect(visit.page.get_by_role("region", name=re.compile("^Prediction for this patient"))).to_be_visible()
    expect(summary(visit.page)).to_have_count(0)


def test_an_empty_form_names_every_field_that_is_needed(visit: Visit, site: Site) -> None:
    for path, needed in ((IRIS, 4), (HEART_FAILURE, 10)):
        visit.page.goto(site.origin + path)
        assert send(visit.page) == 400
        expect(summary(visit.page).get_by_role("link")).to_have_count(needed)


@pytest.mark.parametrize("hostile", long_except(HOSTILE[:2], HOSTILE))
def test_hostile_text_is_shown_as_text_and_runs_nothing(visit: Visit, site: Site, hostile: str) -> None:
    visit.page.goto(site.origin + IRIS)
    fill_in(visit.page, FLOWER | {"Sepal length": hostile})
    before = len(visit.requests)
    assert send(visit.page) == 400
    expect(text_field(visit.page, "Sepal length")).to_have_value(hostile)
    told = visit.page.get_by_role("paragraph").filter(has_text=re.compile("Sepal length must be a number"))
    expect(told).to_contain_text(hostile[:20])
    # Long enough for a handler of a broken image to run, were there one.
    visit.page.wait_for_timeout(200)
    paths = {url.removeprefix(site.origin) for url in visit.requests[before:]}
    own = {f"/static/{name}" for name in ("frame.css", "parts.css", "style.css", "favicon.svg")}
    assert paths <= {f"{IRIS}/predict", f"{IRIS}/predict#outcome"} | own
    assert visit.page.locator("script, main img, form:not(#form)").count() == 0


@pytest.mark.parametrize("hostile", long_except(HOSTILE[:2], HOSTILE))
def test_a_hostile_address_is_shown_as_text_and_runs_nothing(visit: Visit, site: Site, hostile: str) -> None:
    for path in ("/models/", "/models/iris?example="):
        response = visit.page.goto(site.origin + path + hostile.replace("/", "%2F").replace("#", "%23"))
        assert response
        assert response.status == 404
        visit.page.wait_for_timeout(200)
        assert visit.page.locator("script, main img, form").count() == 0
