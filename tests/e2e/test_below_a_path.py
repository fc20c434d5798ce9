"""The api below a path of another site, through nginx as deploy/README.md configures it."""

import re

import pytest
import requests

from tests.e2e.site import KEY, Site

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("engine"), pytest.mark.timeout(900)]
PREFIX = "/petal"
PAGES = ("/", "/models/iris", "/models/iris/report", "/models/iris/history", "/docs", "/nowhere")


def get(site: Site, path: str, accept: str = "text/html") -> requests.Response:
    """What a client outside gets; it waits until the second nginx listens, and no longer."""
    return requests.get(f"{site.below}{path}", headers={**KEY, "Accept": accept}, timeout=10)


@pytest.mark.parametrize("page", PAGES)
def test_all_that_a_page_needs_and_links_to_is_below_the_path(site: Site, page: str) -> None:
    response = get(site, f"{PREFIX}{page}")
    assert response.status_code == (404 if page == "/nowhere" else 200)
    found = re.findall(r'(?:href|src|action|data-document)="([^"#]+)', response.text)
    addresses = {address for address in found if not address.startswith(("http", "mailto"))}
    assert len(addresses) > 3
    for address in addresses:
        assert address.startswith(f"{PREFIX}/"), address
        assert get(site, address).status_code == 200, address


def test_links_and_servers_in_json_are_below_the_path(site: Site) -> None:
    models = get(site, f"{PREFIX}/models", "application/json").json()["models"]
    for model in models:
        assert get(site, model["links"]["report"], "application/json").status_code == 200
    assert get(site, f"{PREFIX}/openapi.json").json()["servers"] == [{"url": PREFIX}]


def test_a_form_is_answered_below_the_path(site: Site) -> None:
    flower = {"sepal_length": "5,1", "sepal_width": "3.5", "petal_length": "1.4", "petal_width": "0.2"}
    address = f"{site.below}{PREFIX}/models/iris/predict"
    page = requests.post(address, flower, headers={**KEY, "Accept": "text/html"}, timeout=10)
    assert "setosa" in page.text
    assert f"curl {address}" in page.text
    # A browser that asks for the form's address is sent to the form.
    form = requests.get(address, headers={**KEY, "Accept": "text/html"}, timeout=10)
    assert (form.status_code, form.url) == (200, f"{site.below}{PREFIX}/models/iris")
