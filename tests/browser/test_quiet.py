"""No page says anything in the console, asks anybody else, or brings a script."""

import pytest

from tests.browser.site import Site, Visit
from tests.browser.states import STATES, every_state
from tests.length import long_except

pytestmark = pytest.mark.xdist_group("browser")

HANDLERS = (
    "[...document.querySelectorAll('*')].flatMap(each => each.getAttributeNames()).filter(name => /^on/.test(name))"
)
FILLS = "[...new Set([...document.querySelectorAll('*')].map(each => getComputedStyle(each).fill))]"


@every_state
def test_a_page_asks_its_own_api_alone_and_brings_no_script(visit: Visit, site: Site, state: str) -> None:
    STATES[state](visit.page, site)
    visit.page.wait_for_load_state("networkidle")
    # What Visit has seen: the console, errors, failed requests, requests to others; and a breach of the page's own
    # Content-Security-Policy, of which the browser writes in the console.
    assert visit.requests
    assert visit.complaints == []
    assert visit.page.locator("script, style, [style], iframe, object, embed, base, [http-equiv]").count() == 0
    assert visit.page.locator("[href^='javascript:' i]").count() == 0
    assert visit.page.evaluate(HANDLERS) == []


@pytest.mark.parametrize("model", long_except(["iris"], ["iris", "heart_failure"]))
def test_a_figure_opened_by_itself_is_drawn_without_a_complaint(visit: Visit, site: Site, model: str) -> None:
    visit.page.goto(f"{site.origin}/models/{model}/report")
    addresses = visit.page.locator("figure source, figure img").evaluate_all(
        "found => found.map(each => new URL(each.srcset || each.src, location).href)"
    )
    assert len(addresses) >= 12
    for address in addresses:
        response = visit.page.goto(address)
        assert response
        assert response.status == 200
        assert "sandbox" in response.headers["content-security-policy"]
        assert visit.page.locator("script").count() == 0
        assert visit.page.evaluate("document.rootElement.getBBox().width") > 100
        # Without its style everything in the drawing would have the same colour.
        assert len(visit.page.evaluate(FILLS)) > 1


PATHS = [
    "/?format=json",
    "/models/iris?format=json",
    "/models/iris/report?format=json",
    "/models/iris/card?format=json",
    "/models/iris/history?format=json",
    "/ready",
]


@pytest.mark.parametrize("path", long_except(PATHS[:1], PATHS))
def test_json_that_a_page_links_to_is_quiet_too(visit: Visit, site: Site, path: str) -> None:
    response = visit.page.goto(site.origin + path)
    assert response
    assert response.headers["content-type"] == "application/json"


def test_what_should_not_happen_would_be_seen(site: Site) -> None:
    with site.visit() as visit:
        visit.page.goto(site.origin)
        visit.page.evaluate("""() => {
          const image = source => document.body.append(Object.assign(new Image(), {src: source}));
          image('/static/nothing.png');
          image('http://127.0.0.1:9/evil.png');
          console.warn('careful');
          setTimeout(() => { alert(1); nothing(); });
        }""")
        visit.page.wait_for_load_state("networkidle")
        visit.page.wait_for_timeout(200)
        told = "\n".join(visit.complaints)
        for part in (
            "nothing.png was answered 404",
            "Content Security Policy",
            "careful",
            "dialog: 1",
            "nothing is not",
        ):
            assert part in told
