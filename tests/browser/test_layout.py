"""Phones, zoom, dark and light: nothing is lost, whatever the screen."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.site import Site
from tests.browser.states import STATES, every_state
from tests.length import long_except

pytestmark = pytest.mark.xdist_group("browser")

LEAST_TOUCH = 24
TOUCHED = "button, .button, .chip, nav a, label:has(input[type=radio]), input:not([type=radio]), select"
# Elements that reach beyond the right edge and are not in a box that scrolls by itself. What is in a <details> that is
# closed is not laid out again for another width, and has the bounds of the one before.
TOO_WIDE = """() => {
  const scrolls = element => element && (/auto|scroll/.test(getComputedStyle(element).overflowX)
    || scrolls(element.parentElement === document.documentElement ? null : element.parentElement));
  const root = document.scrollingElement;
  return [[root.scrollWidth, root.clientWidth], [...document.body.querySelectorAll('*')]
    .filter(each => each.checkVisibility())
    .filter(each => each.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(each.parentElement))
    .map(each => each.outerHTML.slice(0, 90))];
}"""
# Texts that reach out of the page or of a box that cuts them off, and texts that stand upon each other.
LOST = """() => {
  const found = [], lost = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    let left = 0, right = document.scrollingElement.clientWidth, top = -Infinity, bottom = Infinity, skipped = false;
    for (let box = node.parentElement; box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box), bounds = box.getBoundingClientRect();
      // What scrolls by itself loses nothing, and what is for screen readers alone is not to be seen.
      skipped ||= /auto|scroll/.test(style.overflowX) || bounds.width <= 1 || box.matches('.skip');
      if (!/hidden|clip/.test(style.overflowX + style.overflowY)) continue;
      [left, right, top, bottom] = [bounds.left, bounds.right, bounds.top, bounds.bottom];
    }
    if (skipped) continue;
    for (const each of range.getClientRects()) {
      const inside = each.left > left - 1 && each.right < right + 1 && each.top > top - 1 && each.bottom < bottom + 1;
      if (!inside) lost.push(`cut off: ${node.data.trim()}`);
      for (const [other, text] of found) {
        const across = Math.min(each.right, other.right) - Math.max(each.left, other.left);
        const down = Math.min(each.bottom, other.bottom) - Math.max(each.top, other.top);
        if (across > 2 && down > 0.4 * Math.min(each.height, other.height))
          lost.push(`upon each other: ${text} | ${node.data.trim()}`);
      }
      found.push([each, node.data.trim()]);
    }
  }
  return lost;
}"""


def does_not_scroll_sideways(page: Page) -> None:
    (width, room), wide = page.evaluate(TOO_WIDE)
    assert (wide, width <= room) == ([], True), f"{width} px wide with room for {room}: {wide}"


@every_state
def test_no_page_scrolls_sideways_on_a_phone(site: Site, state: str) -> None:
    with site.visit(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True) as visit:
        STATES[state](visit.page, site)
        does_not_scroll_sideways(visit.page)
        assert visit.page.evaluate(LOST) == []
        for target in visit.page.locator(TOUCHED).all():
            bounds = target.bounding_box()
            assert bounds
            assert min(bounds["width"], bounds["height"]) >= LEAST_TOUCH, target.evaluate("each => each.outerHTML")
        visit.page.set_viewport_size({"width": 320, "height": 640})
        does_not_scroll_sideways(visit.page)
        assert visit.page.evaluate(LOST) == []


@every_state
def test_twice_the_size_loses_nothing(site: Site, state: str) -> None:
    with site.visit() as visit:
        STATES[state](visit.page, site)
        text = visit.page.inner_text("body").split()
        # What a browser's zoom does to a window of 1200 pixels, and then its setting of larger text alone.
        visit.page.set_viewport_size({"width": 600, "height": 400})
        does_not_scroll_sideways(visit.page)
        assert visit.page.evaluate(LOST) == []
        assert visit.page.inner_text("body").split() == text
        visit.page.set_viewport_size({"width": 1200, "height": 800})
        visit.page.evaluate("document.documentElement.style.fontSize = '200%'")
        does_not_scroll_sideways(visit.page)
        assert visit.page.evaluate(LOST) == []
        assert visit.page.inner_text("body").split() == text


LOOK = """() => ({
  background: getComputedStyle(document.body).backgroundColor,
  colour: getComputedStyle(document.querySelector('h1')).color,
  text: document.body.innerText,
  images: [...document.images].map(image => [image.currentSrc, image.naturalWidth]),
})"""


def look(site: Site, state: str, **options: Any) -> dict[str, Any]:
    """What a page looks like to a person with such wishes."""
    with site.visit(**options) as visit:
        STATES[state](visit.page, site)
        found: dict[str, Any] = visit.page.evaluate(LOOK)
        return found


@every_state
def test_dark_and_light_differ_and_every_image_is_loaded(site: Site, state: str) -> None:
    light, dark = (look(site, state, color_scheme=scheme) for scheme in ("light", "dark"))
    assert brightness(light["background"]) > 600 > 300 > brightness(light["colour"])
    assert brightness(dark["background"]) < 200 < 500 < brightness(dark["colour"])
    for seen, scheme in ((light, "light"), (dark, "dark")):
        assert all(width > 0 for _, width in seen["images"]), seen["images"]
        figures = [source for source, _ in seen["images"] if "/report/" in source]
        assert bool(figures) == state.endswith("report")
        assert all(source.endswith(f".{scheme}.svg") for source in figures), figures


@pytest.mark.parametrize("state", long_except(["start"], ["start", "heart failure answer", "heart failure report"]))
def test_without_motion_everything_is_there(site: Site, state: str) -> None:
    assert look(site, state, reduced_motion="reduce") == look(site, state)


def brightness(colour: str) -> int:
    """The sum of red, green and blue in `rgb(1, 2, 3)`."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
