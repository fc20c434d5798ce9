"""The browser and the apis, started once: the browser for each module, the apis for the whole run."""

import dataclasses
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from petalstream.public_url import PublicUrl
from petalstream.settings import Settings
from tests.brokers import kafka_broker, kafka_jars, shared_broker
from tests.browser.site import MISSING, Site, Visit, browsing, find_chromium, serving
from tests.histories import EVENTFUL, write
from tests.stack import kafka_client, shared_api, stack

__all__ = ["kafka_broker", "kafka_client", "kafka_jars", "shared_api", "shared_broker", "stack"]

LIVE_PAGE = PublicUrl("http://localhost:5001")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser; asked for first, so that nothing is trained where there is none."""
    found = find_chromium()
    if not found:
        pytest.skip(MISSING)
    return found


# Playwright keeps an event loop running while it is open, beside which no other module could run one of its own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser for the tests of one module; each test has a profile of its own in it."""
    with browsing(chromium) as opened:
        yield opened


@pytest.fixture(scope="session")
def origin(chromium: str, all_models: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an api that serves the three examples, with histories of all that can happen."""
    histories = tmp_path_factory.mktemp("histories")
    for model in ("iris", "rose"):
        write(histories, model, EVENTFUL if model == "iris" else EVENTFUL[:-1])
    settings = dataclasses.replace(all_models, history_dir=str(histories), dashboard_public_url=LIVE_PAGE)
    with serving(settings, tmp_path_factory.mktemp("api")) as address:
        yield address


@pytest.fixture(scope="session")
def empty(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an api that has no model to serve."""
    folder = tmp_path_factory.mktemp("empty")
    with serving(Settings(models_dir=folder), folder) as address:
        yield address


@pytest.fixture
def site(browser: Browser, origin: str, empty: str) -> Site:
    """What a test visits."""
    return Site(browser, origin, empty)


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    """A page in a profile of its own; that nothing untoward happened in it is seen at the end of every test."""
    with site.visit() as opened:
        yield opened
        assert opened.complaints == []
