"""The live page in each of its states: readable for all, on any screen, in both schemes, without a complaint."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.browser.test_keyboard import MOST_STOPS, from_the_top, tab
from tests.browser.test_layout import LEAST_TOUCH, LOST, brightness, does_not_scroll_sideways
from tests.browser.test_quiet import HANDLERS
from tests.dashboards import STATES
from tests.fed_dashboard import fed_dashboard
from tests.length import long_except

pytestmark = pytest.mark.xdist_group("browser")

MODELS = {state: f"/models/{state.replace(' ', '_')}" for state in STATES}
PAGES = {"overview": "/", **MODELS, "unknown model": "/models/tulip"}
every_page = pytest.mark.parametrize("state", long_except(["unbalanced"], PAGES))
TOUCHED = "button, nav a, summary, .more"
TOO_SMALL = """([touched, least]) => [...document.querySelectorAll(touched)].filter(each => {
  const bounds = each.getBoundingClientRect();
  return Math.min(bounds.width, bounds.height) < least;
}).map(each => each.outerHTML)"""


@pytest.fixture(scope="module")
def live_origin(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a live page with a model in each state."""
    with fed_dashboard(tmp_path_factory.mktemp("dashboard"), *STATES) as page:
        yield page.url


@pytest.fixture
def live(browser: Browser, live_origin: str) -> Site:
    """What a test visits."""
    return Site(browser, live_origin, live_origin)


def go(page: Page, site: Site, state: str) -> None:
    """Open a page, and wait until it lives; one of an error does not."""
    page.goto(site.origin + PAGES[state])
    if state != "unknown model":
        expect(page.get_by_role("status")).to_have_text("Live: renewed every second")


@every_page
def test_axe_finds_no_violation_in_both_schemes_and_on_a_phone(live: Site, state: str) -> None:
    with live.visit() as visit:
        go(visit.page, live, state)
        for table in visit.page.locator("summary").all():
            table.click()
        assert violations(visit.page) == ""
        visit.page.emulate_media(color_scheme="dark")
        assert violations(visit.page) == ""
        visit.page.set_viewport_size({"width": 360, "height": 740})
        assert violations(visit.page) == ""
        assert visit.complaints == []
        assert visit.page.locator("style, [style], iframe, object, embed, base, [http-equiv]").count() == 0
        assert visit.page.evaluate(HANDLERS) == []


@every_page
def test_nothing_is_lost_on_a_phone_or_at_twice_the_size(live: Site, state: str) -> None:
    with live.visit(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True) as visit:
        go(visit.page, live, state)
        for width in (360, 320):
            visit.page.set_viewport_size({"width": width, "height": 740})
            does_not_scroll_sideways(visit.page)
            assert visit.page.evaluate(LOST) == []
        # In one look: an update may replace an element between two.
        assert visit.page.evaluate(TOO_SMALL, [TOUCHED, LEAST_TOUCH]) == []
    with live.visit() as visit:
        go(visit.page, live, state)
        visit.page.evaluate("document.documentElement.style.fontSize = '200%'")
        does_not_scroll_sideways(visit.page)
        assert visit.page.evaluate(LOST) == []


@every_page
def test_dark_and_light_differ(live: Site, state: str) -> None:
    seen = list[int]()
    for scheme in ("light", "dark"):
        with live.visit(color_scheme=scheme) as visit:
            go(visit.page, live, state)
            seen.append(brightness(visit.page.evaluate("getComputedStyle(document.body).backgroundColor")))
    assert seen[0] > 600 > 200 > seen[1]


@every_page
def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(live: Site, state: str) -> None:
    with live.visit(viewport={"width": 500, "height": 800}) as visit:
        go(visit.page, live, state)
        from_the_top(visit.page)
        texts = list[str]()
        for _ in range(MOST_STOPS):
            if not (stop := tab(visit.page)):
                break
            assert stop["ringed"], stop
            assert stop["seen"], stop
            assert not stop["earlier"], stop
            texts.append(stop["text"])
        assert not stop, "the focus goes round without an end"
        assert texts[0].startswith("Skip to")
        assert texts[-1] == "Health"
        if state in MODELS and state != "nothing known":
            assert "Table of rate" in texts


@pytest.mark.parametrize("state", long_except(["hostile"], PAGES))
def test_without_javascript_the_page_is_a_snapshot_that_says_so(live: Site, state: str) -> None:
    with live.visit(java_script_enabled=False) as visit:
        visit.page.goto(live.origin + PAGES[state])
        if state != "unknown model":
            expect(visit.page.get_by_role("status")).to_contain_text("Reload it for newer figures.")
            expect(visit.page.locator("#as-of time")).to_contain_text("UTC")
            expect(visit.page.get_by_role("button", name="Copy")).to_have_count(0)
        assert visit.complaints == []


def test_a_chart_has_a_name_and_a_description_for_screen_readers(live: Site) -> None:
    with live.visit() as visit:
        go(visit.page, live, "labels")
        for name, words in (
            ("Rate, records/s", "requests in 55 minutes."),
            ("Latency, ms", "p99"),
            ("Predicted", "34%"),
        ):
            chart = visit.page.get_by_role("img", name=name)
            expect(chart).to_have_count(1)
            expect(chart.locator("desc")).to_contain_text(words)
