"""axe-core finds nothing to object to, on any page, in light and in dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.site import Site, Visit
from tests.browser.states import STATES, every_state

pytestmark = pytest.mark.xdist_group("browser")

# All rules, also those of best practice; of WCAG 2.2 axe asks for the size of targets only where it is told to.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> str:
    """What axe objects to, one a line with the first element; empty where all is well."""
    found: dict[str, Any] = Axe().run(page, options=OPTIONS).response
    return "\n".join(f"{each['id']}: {each['help']}: {each['nodes'][0]['html']}" for each in found["violations"])


@every_state
def test_axe_finds_no_violation(site: Site, state: str) -> None:
    with site.visit() as visit:
        STATES[state](visit.page, site)
        assert violations(visit.page) == ""
        visit.page.emulate_media(color_scheme="dark")
        assert violations(visit.page) == ""
        visit.page.set_viewport_size({"width": 360, "height": 740})
        assert violations(visit.page) == ""
        assert visit.complaints == []


def test_axe_would_find_one(visit: Visit, site: Site) -> None:
    STATES["iris form"](visit.page, site)
    visit.page.evaluate("""() => {
      document.documentElement.removeAttribute('lang');
      document.querySelector('main label').removeAttribute('for');
      document.querySelector('h1').style.color = '#ddd';
    }""")
    found = violations(visit.page)
    for rule in ("html-has-lang", "label", "color-contrast"):
        assert f"{rule}: " in found
