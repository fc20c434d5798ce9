"""`python -m tests.browser.screenshots docs/images`: the pictures of the pages that README shows.

Those of the live page need one that runs, such as that of `make demo KEEP=1`: `--live http://localhost:5001`.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, FloatRect, ViewportSize, expect

from embedded import jars, node, ports
from embedded.processes import Processes
from petalstream.lifecycle import Stop
from petalstream.settings import Settings
from services.trainer.training import train
from tests.browser.site import MISSING, Site, browsing, find_chromium, serving
from tests.browser.states import STATES

HEIGHT, BELOW = 844, 24


@dataclass(frozen=True)
class Picture:
    """A state of the pages, from the top of the page down to the end of the element `until` and a little below."""

    state: str
    until: str
    scheme: str = "light"
    width: int = 1200

    def take(self, site: Site, path: Path) -> None:
        """Draw it into the file `path`."""
        options: dict[str, Any] = {
            "viewport": {"width": self.width, "height": HEIGHT},
            "color_scheme": self.scheme,
        }
        with site.visit(**options) as visit:
            STATES[self.state](visit.page, site)
            # The answer has the focus, to which the browser has scrolled; boxes are measured from the window's top.
            visit.page.evaluate("window.scrollTo(0, 0)")
            last = visit.page.locator(self.until).first.bounding_box()
            assert last, f"{self.until} is not to be seen"
            clip: FloatRect = {"x": 0, "y": 0, "width": self.width, "height": last["y"] + last["height"] + BELOW}
            visit.page.screenshot(path=path, animations="disabled", full_page=True, clip=clip)


PICTURES: Mapping[str, Picture] = {
    "start": Picture("start", "main > :last-child"),
    "form": Picture("heart failure form", "main > :last-child"),
    "answer": Picture("heart failure answer", "aside"),
    "error": Picture("heart failure errors", ".field:nth-child(5)"),
    "report": Picture("heart failure report", "figure:has(+ figure + figure) + figure"),
    "dark": Picture("iris answer", "[aria-labelledby=values]", scheme="dark"),
    "number": Picture("penguins answer", "[aria-labelledby=values]"),
    "phone": Picture("iris answer", ".distributions > :first-child", width=390),
}


@dataclass(frozen=True)
class LivePicture:
    """A page of the live page that runs, from its top down to the end of the element `until`."""

    path: str
    until: str
    scheme: Literal["light", "dark"] = "light"
    width: int = 1200

    def take(self, browser: Browser, origin: str, path: Path) -> None:
        """Draw it into the file `path`, once it lives."""
        size: ViewportSize = {"width": self.width, "height": HEIGHT}
        with Site(browser, origin, origin).visit(viewport=size, color_scheme=self.scheme) as visit:
            visit.page.goto(origin + self.path)
            expect(visit.page.get_by_role("status")).to_have_text("Live: renewed every second")
            last = visit.page.locator(self.until).bounding_box()
            assert last, f"{self.until} is not to be seen"
            clip: FloatRect = {"x": 0, "y": 0, "width": self.width, "height": last["y"] + last["height"] + BELOW}
            visit.page.screenshot(path=path, animations="disabled", full_page=True, clip=clip)


LIVE_PICTURES: Mapping[str, LivePicture] = {
    "live": LivePicture("/", "#parts"),
    "ledger": LivePicture("/models/iris", "#charts"),
    "live-dark": LivePicture("/models/penguins", "#quality", scheme="dark"),
    "live-phone": LivePicture("/models/iris", "#ledger", width=360),
}


@contextmanager
def a_broker(settings: Settings, folder: Path) -> Iterator[None]:
    """Kafka where the settings say, so that the start page finds one; it is the one of a demo where that is up."""
    port = int(settings.kafka_bootstrap_servers.rpartition(":")[2])
    with Processes(Stop()) as processes:
        if not ports.in_use(port):
            node.start(processes, jars.fetch(), folder / "kafka", port, ports.free_port())
        yield


def main() -> int:
    """Take the pictures; the exit code."""
    parser = argparse.ArgumentParser(
        prog="screenshots", description="Draw the pages of the api, in the Chromium of this machine, for README."
    )
    parser.add_argument("folder", type=Path, help="where the PNG files go; it is made if it is not there")
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="models to show, as published by the trainer; else they are trained"
    )
    parser.add_argument(
        "--only", choices=PICTURES, action="append", help="take this picture only; may be given more than once"
    )
    parser.add_argument("--live", metavar="URL", help="take the pictures of this live page, and no others")
    arguments = parser.parse_args()
    executable = find_chromium()
    if not executable:
        print(f"screenshots: {MISSING}", file=sys.stderr)
        return 1
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.live:
        with browsing(executable) as browser:
            for picture, shown in LIVE_PICTURES.items():
                shown.take(browser, arguments.live.rstrip("/"), arguments.folder / f"{picture}.png")
        return 0
    with tempfile.TemporaryDirectory(prefix="petalstream-") as name:
        folder = Path(name)
        settings = Settings(models_dir=arguments.models or folder / "models")
        if not arguments.models:
            settings.models_dir.mkdir()
            for model in ("iris", "heart_failure", "penguins"):
                train(settings, model)
        with a_broker(settings, folder), serving(settings, folder) as origin, browsing(executable) as browser:
            for picture in arguments.only or PICTURES:
                path = arguments.folder / f"{picture}.png"
                PICTURES[picture].take(Site(browser, origin, origin), path)
                print(f"{path}: {path.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
