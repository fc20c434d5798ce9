"""`python -m services.dashboard.watch`: the overview of the live page in a terminal, drawn anew each second."""

import argparse
import contextlib
import sys
import time
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from petalstream import address, settings
from services.dashboard.watch import tables
from services.dashboard.watch.fetching import NotReachable, fetch

SECONDS = 1.0


class Page(NamedTuple):
    """Where the live page is."""

    host: str
    port: int


def main() -> int:
    """Watch until Ctrl-C, or print one snapshot; the exit code is 1 where that cannot be had."""
    parser = argparse.ArgumentParser(prog="watch", description="Show the overview of the live page in this terminal.")
    parser.add_argument("--once", action="store_true", help="print one snapshot and end")
    once = parser.parse_args().once
    configured, console = settings.load_or_exit("watch"), Console(highlight=False)
    page = Page(address.host_on_this_machine(configured.dashboard_host), configured.dashboard_port)
    if once:
        return _print_once(page, console)
    with contextlib.suppress(KeyboardInterrupt):
        if console.is_terminal:
            _watch(page, console)
        while True:
            console.print(_drawn(page, console))
            time.sleep(SECONDS)
    return 0


def _watch(page: Page, console: Console) -> None:
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(_drawn(page, console), refresh=True)
            time.sleep(SECONDS)


def _print_once(page: Page, console: Console) -> int:
    try:
        console.print(tables.draw(fetch(*page), console.width))
    except NotReachable as error:
        print(f"watch: the live page is not reachable: {error}", file=sys.stderr)
        return 1
    return 0


def _drawn(page: Page, console: Console) -> RenderableType:
    """Return the tables, or a sentence while the live page is not reachable."""
    try:
        return tables.draw(fetch(*page), console.width)
    except NotReachable as error:
        return Text(f"The live page is not reachable; trying again each second. {error}", tables.BAD)


if __name__ == "__main__":
    sys.exit(main())
