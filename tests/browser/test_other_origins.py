"""Scripts of other origins can read responses if a setting names their origin."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error

from petalstream.model.bundle import Bundle
from petalstream.setting_types import Origins
from petalstream.settings import Settings
from tests.http_servers import serving
from tests.lone_api import lone_api
from tests.records import FLOWER

pytestmark = pytest.mark.xdist_group("browser")
# What a script sees: the status, a header that only an exposed one can be, and the label.
FETCH = """async ([url, row]) => {
  const answer = await fetch(url, {
    method: "POST", body: JSON.stringify(row), headers: {"Content-Type": "application/json", "X-API-Key": "the-key"}
  });
  return [answer.status, answer.headers.get("X-Request-ID") !== null, (await answer.json()).label ?? null];
}"""


class EmptyPage(BaseHTTPRequestHandler):
    """A site whose every address is an empty page."""

    def do_GET(self) -> None:
        page = b"<!doctype html><title>Another site</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


def fetched(browser: Browser, origin: str, url: str, row: Any) -> Any:
    """What a script on the page of `origin` gets from the api, or the error that it sees."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(origin)
        return page.evaluate(FETCH, [url, row])


def test_a_script_of_the_origin_that_is_named_reads_predictions_and_errors(
    browser: Browser, settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("the-key\n")
    with serving(EmptyPage) as named, serving(EmptyPage) as other:
        origin, elsewhere = f"http://localhost:{named}", f"http://localhost:{other}"
        origins, keys = Origins(origin), tmp_path / "keys"
        with lone_api(settings.models_dir, tmp_path, api_cors_origins=origins, api_keys=keys) as api:
            predict = f"{api.url}/predict"
            assert fetched(browser, origin, predict, FLOWER) == [200, True, "setosa"]
            assert fetched(browser, origin, predict, {}) == [400, True, None]
            with pytest.raises(Error, match="Failed to fetch"):
                fetched(browser, elsewhere, predict, FLOWER)
