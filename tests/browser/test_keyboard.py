"""Everything can be done without a mouse, and one always sees where one is."""

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, Visit
from tests.browser.states import FLOWER, HEART_FAILURE, PATIENT, STATES, every_state
from tests.length import long_except

pytestmark = pytest.mark.xdist_group("browser")

MOST_STOPS = 120
# Where the focus is, in the page's coordinates, and whether it is drawn: by a line round the element or its label that
# is not there without the focus. `earlier` is true of an element that stands before the last one in the document.
STOP = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const drawn = () => [element, element.closest('label') ?? element].map(each => {
    const style = getComputedStyle(each);
    const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return (outline ? `${style.outlineWidth} ${style.outlineColor} ` : '') + style.boxShadow;
  }).join();
  const focused = drawn(), box = element.getBoundingClientRect(), before = window.lastStop;
  window.lastStop = element;
  element.blur();
  const ringed = focused !== drawn();
  element.focus({preventScroll: true});
  return {
    text: (element.labels?.[0] ?? element).textContent.trim().replace(/\\s+/g, ' '),
    ringed,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    earlier: !!before && !(before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING),
    left: box.left + scrollX, top: box.top + scrollY, bottom: box.bottom + scrollY, height: box.height,
  };
}"""


def tab(page: Page) -> dict[str, Any] | None:
    """Go on with the Tab key; where the focus is then, or None behind the last stop."""
    page.keyboard.press("Tab")
    stop: dict[str, Any] | None = page.evaluate(STOP)
    return stop


def tab_to(page: Page, text: str) -> None:
    """Tab until the focus is on what has this text or label."""
    for _ in range(MOST_STOPS):
        stop = tab(page)
        assert stop, f"the focus left the page before {text}"
        assert stop["ringed"], stop
        if stop["text"].startswith(text):
            return
    raise AssertionError(f"{text} is not reached")


def from_the_top(page: Page) -> None:
    """Have the next Tab begin at the top, also where an answer or a summary of errors has the focus."""
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")


def press_enter(page: Page) -> int:
    with page.expect_navigation(wait_until="load") as navigation:
        page.keyboard.press("Enter")
    assert navigation.value
    return navigation.value.status


def test_from_the_start_page_to_the_answer_for_a_flower(visit: Visit, site: Site) -> None:
    page = visit.page
    page.goto(site.origin)
    tab_to(page, "Predict with Iris")
    press_enter(page)
    for label, value in FLOWER.items():
        tab_to(page, label)
        page.keyboard.type(value)
    # Enter in the last field sends the form, as everywhere on the web.
    assert press_enter(page) == 200
    expect(page.get_by_role("region", name=re.compile("^Prediction for this flower Versicolor"))).to_be_focused()
    # What is asked next is reached from the answer, where the focus is.
    tab_to(page, "how accurate it is")
    assert press_enter(page) == 200
    expect(page.get_by_role("heading", level=1)).to_have_text("Report on Iris")


def test_from_the_form_to_the_answer_for_a_patient(visit: Visit, site: Site) -> None:
    page = visit.page
    page.goto(site.origin + HEART_FAILURE)
    for label, value in PATIENT.items():
        if label in ("Diabetes", "Male"):  # a radio button of theirs is chosen from the start: arrows go on from there
            tab_to(page, "Not given")
            page.keyboard.press("ArrowRight" if value else "ArrowLeft")
        elif isinstance(value, bool):
            tab_to(page, "Yes")
            page.keyboard.press("Space" if value else "ArrowRight")
        else:
            tab_to(page, label)
            page.keyboard.type(value)
    tab_to(page, "Predict")
    page.keyboard.press("Space")
    page.wait_for_url("**/predict#outcome")
    answer = page.get_by_role("region", name=re.compile("^Prediction for this patient Died"))
    expect(answer).to_be_focused()
    expect(answer).to_contain_text("Diabetes, Male")
    for label, value in (("Male", "Yes"), ("Smokes", "No"), ("High blood pressure", "Yes"), ("Diabetes", "No")):
        group = page.get_by_role("radiogroup", name=re.compile(f"^{label}"))
        expect(group.get_by_role("radio", name=value, exact=True)).to_be_checked()


def test_from_the_summary_of_errors_to_the_field_and_on(visit: Visit, site: Site) -> None:
    STATES["iris errors"](visit.page, site)
    expect(visit.page.get_by_role("alert")).to_be_focused()
    stop = tab(visit.page)
    assert stop
    assert stop["text"].startswith("Sepal length must be a number")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("textbox", name=re.compile("^Sepal length"))).to_be_focused()
    stop = tab(visit.page)
    assert stop
    assert stop["text"].startswith("Sepal width")


SKIPPING = ["start", "iris form", "heart failure answer", "iris report", "unknown page"]


@pytest.mark.parametrize("state", long_except(["iris form"], SKIPPING))
def test_the_skip_link_comes_first_and_leads_past_the_navigation(visit: Visit, site: Site, state: str) -> None:
    STATES[state](visit.page, site)
    from_the_top(visit.page)
    stop = tab(visit.page)
    assert stop
    assert stop["text"].startswith("Skip to")
    assert stop["seen"]
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("main")).to_be_focused()
    stop = tab(visit.page)
    assert visit.page.get_by_role("main").locator(":focus").count() == 1, stop


@every_state
def test_the_focus_is_seen_at_every_stop_and_goes_down_the_page(site: Site, state: str) -> None:
    check_focus(site, state, "light")


@pytest.mark.parametrize("state", long_except(["heart failure errors"], ["iris report", "heart failure errors"]))
def test_the_focus_is_seen_on_a_dark_page_too(site: Site, state: str) -> None:
    check_focus(site, state, "dark")


def check_focus(site: Site, state: str, scheme: Literal["light", "dark"]) -> None:
    """See that the focus is visible wherever Tab goes, and goes down the page."""
    # In one column the order down the page is the order of reading.
    with site.visit(color_scheme=scheme, viewport={"width": 500, "height": 800}) as visit:
        STATES[state](visit.page, site)
        from_the_top(visit.page)
        last = None
        for _ in range(MOST_STOPS):
            stop = tab(visit.page)
            if not stop:
                break
            assert stop["ringed"], stop
            assert stop["seen"], stop
            assert not stop["earlier"], stop
            if last and not last["text"].startswith("Skip to"):
                same_row = stop["top"] < last["bottom"] and stop["bottom"] > last["top"]
                assert stop["left"] > last["left"] if same_row else stop["top"] >= last["bottom"], (last, stop)
            last = stop
        assert last, "nothing took the focus"
        assert not stop, "the focus goes round without an end"
