"""The page of the api's documentation: its examples can be sent from it, and it asks nobody but its own api."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Locator, Page, expect

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.browser.site import Site, Visit, serving
from tests.browser.test_layout import brightness, does_not_scroll_sideways
from tests.length import long_except

pytestmark = pytest.mark.xdist_group("browser")

# What surrounds Swagger UI is ours.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
OURS = {"exclude": [["#explorer"]]}
EVIL = "<script>alert(1)</script> <svg onload=alert(1)></svg> [this](javascript:alert(1)) ![that](http://127.0.0.1:9/a.png)"


def opened(page: Page, origin: str) -> None:
    """Open the page, and wait until all operations are listed."""
    page.goto(f"{origin}/docs")
    expect(page.locator("#operations-pages-favicon")).to_be_visible()


def operation(page: Page, name: str) -> Locator:
    """An operation of the list, unfolded."""
    found = page.locator(f"#operations-{name}")
    found.locator(".opblock-summary-control").click()
    return found


def first_label(origin: str, model: str) -> str:
    """What is predicted for the first example of a model, as JSON has it."""
    (example, *_) = requests.get(f"{origin}/models/{model}", timeout=10).json()["examples"]
    return f'"label": "{example["label"]}"'


SENT = [
    ("iris-predict_iris", "application/json", "iris"),
    ("iris-predict_iris", "text/csv", "iris"),
    ("iris-predict_iris", "application/x-www-form-urlencoded", "iris"),
    ("heart_failure-predict_heart_failure", "application/x-www-form-urlencoded", "heart_failure"),
    ("heart_failure-predict_heart_failure", "application/json", "heart_failure"),
    ("protocol-infer_iris", "application/json", ""),
    ("models-predict", "application/json", "iris"),
]


@pytest.mark.parametrize("sent", long_except(SENT[:1], SENT), ids=lambda sent: " ".join(sent[:2]))
def test_an_example_can_be_sent_as_it_stands(visit: Visit, site: Site, sent: tuple[str, str, str]) -> None:
    name, kind, model = sent
    opened(visit.page, site.origin)
    found = operation(visit.page, name)
    found.get_by_role("button", name="Try it out").click()
    found.get_by_label("Request content type").select_option(kind)
    with visit.page.expect_response(lambda response: response.request.method == "POST") as answer:
        found.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    shown = found.locator(".live-responses-table .response")
    expect(shown.locator(".response-col_status")).to_contain_text("200")
    expect(shown.locator("code").first).to_contain_text(
        first_label(site.origin, model) if model else '"model_name": "iris"'
    )
    assert visit.complaints == []
    assert any(url.endswith("/docs/swagger-ui-bundle.js") for url in visit.requests)


@pytest.mark.long
def test_operations_unfold_without_a_complaint(visit: Visit, site: Site) -> None:
    opened(visit.page, site.origin)
    sections = visit.page.locator(".opblock-tag-section")
    for section in sections.all():
        section.locator(".opblock-summary-control").first.click()
    expect(visit.page.locator(".opblock.is-open .opblock-body")).to_have_count(sections.count())
    visit.page.wait_for_load_state("networkidle")
    assert visit.page.locator(".errors-wrapper").count() == 0
    assert visit.complaints == []


def test_it_is_found_from_every_page(visit: Visit, site: Site) -> None:
    visit.page.goto(f"{site.origin}/models/iris")
    visit.page.get_by_role("navigation").get_by_role("link", name="API docs").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("API docs")
    assert visit.page.locator("nav [aria-current=page]").inner_text() == "API docs"


def test_without_a_script_it_leads_to_the_document(site: Site) -> None:
    with site.visit(java_script_enabled=False) as visit:
        visit.page.goto(f"{site.origin}/docs")
        expect(visit.page.get_by_text("What comes here needs JavaScript")).to_be_visible()
        visit.page.get_by_role("link", name="OpenAPI document").click()
        assert visit.page.url == f"{site.origin}/openapi.json"


@pytest.mark.parametrize("scheme", long_except(["light"], ["light", "dark"]))
def test_its_frame_is_readable_in_light_and_dark_and_on_a_phone(site: Site, scheme: Any) -> None:
    with site.visit(color_scheme=scheme) as visit:
        opened(visit.page, site.origin)
        for width in (1200, 360):
            visit.page.set_viewport_size({"width": width, "height": 740})
            found: dict[str, Any] = Axe().run(visit.page, OURS, OPTIONS).response
            assert [each["id"] for each in found["violations"]] == []
            does_not_scroll_sideways(visit.page)
        colours = [
            visit.page.locator(part).first.evaluate(f"each => getComputedStyle(each).{of}")
            for part, of in (("body", "backgroundColor"), ("#explorer", "backgroundColor"), (".opblock-tag", "color"))
        ]
        page, box, text = map(brightness, colours)
        assert (
            (page < 200 and box < 200 and text > 500) if scheme == "dark" else (page > 600 and box > 600 and text < 300)
        )
        assert visit.complaints == []


@pytest.fixture
def evil(chromium: str, iris: Bundle, tmp_path: Path) -> Iterator[str]:
    """The address of an api with a model whose texts try to break out."""
    home = tmp_path / "models" / "iris"
    shutil.copytree(iris.path.parent, home)
    features = tuple(dataclasses.replace(each, label=EVIL, unit=EVIL, help=EVIL) for each in iris.manifest.features)
    manifest = dataclasses.replace(iris.manifest, title=EVIL, sample=EVIL, probability=EVIL, features=features)
    (home / iris.manifest.version / "manifest.json").write_text(manifest.to_json())
    with serving(Settings(models_dir=tmp_path / "models"), tmp_path) as address:
        yield address


def test_texts_of_a_model_do_not_break_out(browser: Browser, evil: str) -> None:
    with Site(browser, evil, evil).visit() as visit:
        opened(visit.page, evil)
        found = operation(visit.page, "iris-predict_iris")
        found.get_by_role("tab", name="Schema").first.click()
        visit.page.locator(".models").scroll_into_view_if_needed()
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.locator("#content script, #content [onload], #content [href^='javascript:' i]").count() == 0
        # A picture of another host is asked for by nobody: the page's own policy forbids it, which the console tells.
        assert [each for each in visit.complaints if "Content Security Policy" not in each] == []
