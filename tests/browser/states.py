"""Every page of the api in each of its states, and filling in a form as a person does."""

import re
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Locator, Page

from embedded.waiting import wait_until
from tests.browser.site import Site
from tests.length import long_except

IRIS, HEART_FAILURE, PENGUINS = "/models/iris", "/models/heart_failure", "/models/penguins"
# A model that was deleted while it was unloaded, of which the history is left.
UNLOADED = "/models/rose"
LOADED = "[...document.images].every(image => image.complete)"
FLOWER = {"Sepal length": "5.9", "Sepal width": "3.0", "Petal length": "4.2", "Petal width": "1.5"}
# The choices of the fields that are lists.
CHOICES = {"Species": "Gentoo", "Island": "Biscoe", "Sex": "male"}
PENGUIN: Mapping[str, str | bool] = {
    **CHOICES,
    "Bill length": "47.3",
    "Bill depth": "15.3",
    "Flipper length": "222",
}
# The first patient of the data set, with a follow-up that the model has seen. True and False are radio buttons.
PATIENT: Mapping[str, str | bool] = {
    "Age": "75",
    "Anaemia": False,
    "Creatinine phosphokinase": "582",
    "Diabetes": False,
    "Ejection fraction": "20",
    "High blood pressure": True,
    "Platelets": "265000",
    "Serum creatinine": "1.9",
    "Serum sodium": "130",
    "Male": True,
    "Smokes": False,
    "Follow-up period": "10",
}
# Wrong in each way that there is: letters, out of range, missing; and radio buttons that nobody chose.
WRONG_PATIENT: Mapping[str, str | bool] = {
    label: value
    for label, value in {**PATIENT, "Age": "seventy", "Ejection fraction": "120", "Serum sodium": ""}.items()
    if label != "Smokes"
}


def text_field(page: Page, label: str) -> Locator:
    """The text field that a person finds by its label, which may go on with a unit."""
    return page.get_by_role("textbox", name=re.compile(rf"^{re.escape(label)}\b"))


def radio_group(page: Page, label: str) -> Locator:
    """The radio buttons under a label."""
    return page.get_by_role("radiogroup", name=re.compile(rf"^{re.escape(label)}\b"))


def fill_in(page: Page, values: Mapping[str, str | bool], key_by_key: bool = True) -> None:
    """Type, key by key unless it is to be quick, click and choose; what was in a text field before is replaced."""
    for label, value in values.items():
        if isinstance(value, bool):
            radio_group(page, label).get_by_role("radio", name="Yes" if value else "No", exact=True).check()
        elif label in CHOICES:
            page.get_by_label(re.compile(rf"^{re.escape(label)}\b")).select_option(label=value)
        else:
            field = text_field(page, label)
            field.fill("" if key_by_key else value)
            if key_by_key:
                field.press_sequentially(value)


def send(page: Page) -> int:
    """Press the button and wait for the next page, whose status it is."""
    with page.expect_navigation(wait_until="load") as navigation:
        page.get_by_role("button", name="Predict").click()
    return navigation.value.status if navigation.value else 0


def ask(path: str, values: Mapping[str, str | bool]) -> Callable[[Page, Site], None]:
    """Open the form of a model, fill it in and send it."""

    def go(page: Page, site: Site) -> None:
        page.goto(site.origin + path)
        fill_in(page, values, key_by_key=False)
        send(page)

    return go


def look(path: str, empty: bool = False) -> Callable[[Page, Site], None]:
    """Open an address, of the api with models or of the one without, and scroll until every image is loaded."""

    def go(page: Page, site: Site) -> None:
        page.goto((site.empty if empty else site.origin) + path)
        for image in page.get_by_role("img").all():
            image.scroll_into_view_if_needed()
        # Not Page.wait_for_function: it asks again by eval, which the pages' Content-Security-Policy forbids.
        wait_until(
            lambda: page.evaluate(LOADED), "every image", 15, lambda seconds: page.wait_for_timeout(seconds * 1000)
        )
        page.evaluate("window.scrollTo(0, 0)")

    return go


STATES: Mapping[str, Callable[[Page, Site], None]] = {
    "start": look("/"),
    "iris form": look(IRIS),
    "iris example": look(f"{IRIS}?example=0"),
    "iris answer": ask(IRIS, FLOWER),
    "iris answer with warnings": ask(IRIS, FLOWER | {"Petal width": "9"}),
    "iris errors": ask(IRIS, {"Sepal length": "long"}),
    "iris report": look(f"{IRIS}/report"),
    "iris card": look(f"{IRIS}/card"),
    "iris history": look(f"{IRIS}/history"),
    "unloaded history": look(f"{UNLOADED}/history"),
    "heart failure form": look(HEART_FAILURE),
    "heart failure answer": ask(HEART_FAILURE, PATIENT),
    "heart failure errors": ask(HEART_FAILURE, WRONG_PATIENT),
    "heart failure report": look(f"{HEART_FAILURE}/report"),
    "heart failure card": look(f"{HEART_FAILURE}/card"),
    "penguins form": look(PENGUINS),
    "penguins answer": ask(PENGUINS, PENGUIN),
    "penguins errors": ask(PENGUINS, {**PENGUIN, "Bill depth": "deep"}),
    "penguins report": look(f"{PENGUINS}/report"),
    "penguins card": look(f"{PENGUINS}/card"),
    "unknown page": look("/nothing/here"),
    "unknown model": look("/models/tulip"),
    "start without models": look("/", empty=True),
    "not ready": look("/ready", empty=True),
    "form without models": look(IRIS, empty=True),
}
# What `make test` looks at: a list, a history, a form with its result, and a form with its errors.
IN_SHORT_RUNS = ["start", "iris history", "heart failure answer", "heart failure errors", "penguins answer"]
every_state = pytest.mark.parametrize("state", long_except(IN_SHORT_RUNS, STATES))
