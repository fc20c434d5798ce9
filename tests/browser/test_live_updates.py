"""The live page renews itself and leaves alone what its reader does, rests when hidden, and connects again."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from embedded.waiting import wait_until
from services.dashboard.server.events import PLACES
from tests.browser.site import Site, Visit
from tests.fed_dashboard import FedDashboard, fed_dashboard
from tests.integration.test_live_events import Viewer

pytestmark = pytest.mark.xdist_group("browser")

LIVE, PAUSED = "Live: renewed every second", "Paused while this tab is in the background"
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def running(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedDashboard]:
    """A live page for all tests but the one that stops its own."""
    with fed_dashboard(tmp_path_factory.mktemp("dashboard"), "labels") as opened:
        yield opened


@pytest.fixture
def dashboard(running: FedDashboard) -> FedDashboard:
    """The live page, which shows Iris alone at the beginning of a test."""
    running.show("labels")
    wait_until(lambda: running.models() == ["labels"], "the page to show Iris alone", 5)
    return running


@pytest.fixture
def visit(browser: Browser, dashboard: FedDashboard) -> Iterator[Visit]:
    """A page in a profile of its own, not yet opened."""
    with Site(browser, dashboard.url, dashboard.url).visit() as opened:
        yield opened


def is_live(page: Page) -> None:
    expect(page.get_by_role("status")).to_have_text(LIVE, timeout=10_000)


def next_event(page: Page) -> None:
    """Wait until the page has been renewed once more."""
    before = page.locator("#as-of").inner_text()
    expect(page.locator("#as-of")).not_to_have_text(before)


def connections(dashboard: FedDashboard) -> int:
    """How many connections the server has."""
    return sum(each.status == psutil.CONN_ESTABLISHED for each in dashboard.worker().net_connections("tcp"))


def test_a_new_model_appears_without_a_reload(visit: Visit, dashboard: FedDashboard) -> None:
    visit.page.goto(dashboard.url)
    is_live(visit.page)
    visit.page.evaluate("window.before = true")
    dashboard.show("labels", "unbalanced")
    expect(visit.page.get_by_text("ledger: 3 lost, 1 doubled, 1 unknown")).to_be_visible()
    dashboard.show()
    expect(visit.page.get_by_role("heading", name="No model yet")).to_be_visible()
    dashboard.show("numbers")
    expect(visit.page.get_by_role("heading", name="Weight of penguins")).to_be_visible()
    assert visit.page.evaluate("window.before")
    assert visit.complaints == []


def test_focus_selection_open_details_and_scrolled_tables_stay(visit: Visit, dashboard: FedDashboard) -> None:
    page = visit.page
    page.goto(f"{dashboard.url}/models/labels")
    is_live(page)
    page.locator("#rate-details summary").click()
    region = page.get_by_role("region", name="Rate", exact=True)
    region.evaluate("each => each.scrollTop = 100")
    page.locator("#copy-2").focus()
    page.evaluate("getSelection().selectAllChildren(document.getElementById('equation'))")
    page.evaluate("window.scrollTo(0, 900)")
    for _ in range(2):
        next_event(page)
    expect(page.locator("#rate-details")).to_have_attribute("open", "")
    assert region.evaluate("each => each.scrollTop") == 100
    expect(page.locator("#copy-2")).to_be_focused()
    assert page.evaluate("getSelection().toString()").startswith("1,204 requests = ")
    assert page.evaluate("window.scrollY") == 900
    # An element that has not changed is not replaced.
    page.evaluate("document.getElementById('drift').mark = 1")
    next_event(page)
    assert page.evaluate("document.getElementById('drift').mark") == 1
    assert visit.complaints == []


@pytest.mark.long
def test_selected_text_is_not_changed_until_it_is_let_go(visit: Visit, dashboard: FedDashboard) -> None:
    page = visit.page
    page.goto(f"{dashboard.url}/models/labels")
    is_live(page)
    dashboard.show("labels")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('as-of'))")
    before = page.locator("#as-of").inner_text()
    rate = page.locator("#now .figure").first
    shown = rate.inner_text()
    expect(rate).not_to_have_text(shown)
    assert page.locator("#as-of").inner_text() == before
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator("#as-of")).not_to_have_text(before)


def test_a_command_is_copied(browser: Browser, dashboard: FedDashboard) -> None:
    site = Site(browser, dashboard.url, dashboard.url)
    with site.visit(permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.page.goto(f"{dashboard.url}/models/labels")
        is_live(visit.page)
        visit.page.get_by_role("button", name=re.compile("Copy the command that replays .*@688")).click()
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied == "make replay MODEL=iris FROM=iris.dead-letters[0]@688 ONLY=1"
        assert visit.complaints == []


def test_a_hidden_tab_closes_its_connection_and_one_that_is_seen_again_renews_itself(
    visit: Visit, dashboard: FedDashboard
) -> None:
    page = visit.page
    page.goto(dashboard.url)
    is_live(page)
    connected = connections(dashboard)
    page.evaluate(HIDE, True)
    expect(page.get_by_role("status")).to_have_text(PAUSED)
    before = page.locator("#as-of").inner_text()
    # Those that brought the page itself stay open for a while.
    wait_until(lambda: connections(dashboard) < connected, "the event stream to be closed", 5)
    page.wait_for_timeout(2100)
    assert page.locator("#as-of").inner_text() == before
    page.evaluate(HIDE, False)
    is_live(page)
    expect(page.locator("#as-of")).not_to_have_text(before)


@pytest.mark.long
def test_the_page_connects_again_after_the_server_was_away(browser: Browser, tmp_path: Path) -> None:
    with fed_dashboard(tmp_path, "labels") as first, Site(browser, first.url, first.url).visit() as visit:
        page = visit.page
        page.goto(first.url)
        is_live(page)
        first.child.process.terminate()
        first.child.process.wait(10)
        expect(page.get_by_role("status")).to_have_text("The connection is lost; connecting again")
        with fed_dashboard(tmp_path, "labels", "numbers", port=first.port):
            is_live(page)
            expect(page.get_by_role("heading", name="Weight of penguins")).to_be_visible()


@pytest.mark.long
def test_a_page_that_finds_all_places_taken_says_so_and_tries_again(visit: Visit, dashboard: FedDashboard) -> None:
    page = visit.page
    with ExitStack() as taken:
        for _ in range(PLACES):
            taken.enter_context(closing(Viewer(dashboard))).read_event()
        page.goto(dashboard.url)
        words = "All places for viewers are taken; trying again in 5 seconds"
        expect(page.get_by_role("status")).to_have_text(words)
        expect(page.get_by_role("heading", name="Iris")).to_be_visible()
    is_live(page)
    assert all("503" in complaint or "text/plain" in complaint for complaint in visit.complaints), visit.complaints
