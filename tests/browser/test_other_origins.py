"""Scripts of other origins can read responses if a setting names their origin."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error

from embedded import ports
from petalstream.bundle import Bundle
from petalstream.setting_types import Origins
from petalstream.settings import Settings
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


@contextmanager
def page_of(folder: Path, port: int) -> Iterator[str]:
    """A site with an empty page; gives its origin."""
    (folder / "index.html").write_text("<!doctype html><title>Another site</title>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{port}"
        finally:
            server.shutdown()
            thread.join()


def fetched(browser: Browser, origin: str, url: str, row: Any) -> Any:
    """What a script on the page of `origin` gets from the api, or the error that it sees."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(origin)
        return page.evaluate(FETCH, [url, row])


def test_a_script_of_the_origin_that_is_named_reads_predictions_and_errors(
    browser: Browser, settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "keys").write_text("the-key\n")
    named, other = ports.free_port(), ports.free_port()
    origins = Origins(f"http://localhost:{named}")
    with (
        lone_api(settings.models_dir, tmp_path, api_cors_origins=origins, api_keys=tmp_path / "keys") as api,
        page_of(tmp_path / "site", named) as origin,
        page_of(tmp_path / "site", other) as elsewhere,
    ):
        predict = f"{api.url}/predict"
        assert fetched(browser, origin, predict, FLOWER) == [200, True, "setosa"]
        assert fetched(browser, origin, predict, {}) == [400, True, None]
        with pytest.raises(Error, match="Failed to fetch"):
            fetched(browser, elsewhere, predict, FLOWER)
