"""The real api in gunicorn and the real Chromium before it, for the tests and for the pictures of README."""

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, ViewportSize, sync_playwright

from petalstream.settings import Settings
from tests.lone_api import lone_api

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
MISSING = "these tests need Chromium or Google Chrome: apt install chromium"
DESKTOP: ViewportSize = {"width": 1200, "height": 800}
WAIT_MILLISECONDS = 15_000


def find_chromium() -> str | None:
    """The browser that this machine has; Playwright's own is not asked for, as it would have to be downloaded."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MACOS) if MACOS.exists() else None)


@contextmanager
def browsing(executable: str) -> Iterator[Browser]:
    """A browser without a window, closed in any case."""
    with sync_playwright() as playwright:
        # Shared memory is small in containers, and a tab that finds it full crashes.
        browser = playwright.chromium.launch(executable_path=executable, args=["--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serving(settings: Settings, folder: Path) -> Iterator[str]:
    """The api as `make demo` starts it, with its log in `folder`; gives the address without a slash at its end."""
    given = {field.name: getattr(settings, field.name) for field in dataclasses.fields(Settings)}
    with lone_api(given.pop("models_dir"), folder, **given) as api:
        yield api.url


class Visit:
    """A page in a fresh profile, and everything about it that a user would not want to happen."""

    def __init__(self, page: Page, origins: tuple[str, ...]) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._origins = tuple(f"{origin}/" for origin in origins)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error in the page: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # That a page itself was answered with 400 or 404 is meant so; of what it loads, _response tells.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{message.type} in the console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith(self._origins):
            self.complaints.append(f"request to somebody else: {request.url}")

    def _failed(self, request: Request) -> None:
        # Aborted is what was still on its way when the test went on to another page.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"{response.url} was answered {response.status}")


@dataclasses.dataclass(frozen=True)
class Site:
    """A browser, the address of an api that serves both models, and of one that has none."""

    browser: Browser
    origin: str
    empty: str

    @contextmanager
    def visit(self, **options: Any) -> Iterator[Visit]:
        """A page in a profile of its own; `options` go to Browser.new_context."""
        context = self.browser.new_context(**({"viewport": DESKTOP} | options))
        try:
            context.set_default_timeout(WAIT_MILLISECONDS)
            yield Visit(context.new_page(), (self.origin, self.empty))
        finally:
            context.close()
