"""The live page as gunicorn serves it, with snapshots of the tests' own in place of those from topics."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

import psutil
import requests

from embedded import ports
from embedded.processes import Child, Processes, python
from petalstream import settings as environment
from petalstream.lifecycle import Stop
from petalstream.settings import Settings
from services.dashboard.app import create_dashboard
from services.dashboard.latest import Latest
from services.dashboard.server.asgi import Dashboard
from tests.dashboards import snapshot

START_SECONDS = 30
FILE = "states"


class Feed:
    """Makes a snapshot of the states that a file names, ten times a second; each has one request more."""

    def __init__(self, file: Path, latest: Latest) -> None:
        self._file, self._latest = file, latest
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self.feed(0)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and wait for its end."""
        self._stop.set()
        self._thread.join()

    def feed(self, number: int) -> None:
        """Replace the snapshot."""
        at, states = time.time(), self._file.read_text().splitlines()
        made = snapshot(*states, at=at, reading=f"reading record {number}")
        self._latest.snapshot = replace(
            made, models={name: replace(each, requests_per_second=100.0 + number) for name, each in made.models.items()}
        )

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(0.1):
            number += 1
            self.feed(number)


def create(folder: str) -> Dashboard:
    """Return the app for gunicorn."""
    latest = Latest()
    return create_dashboard(Settings(), latest, Feed(Path(folder) / FILE, latest))


@dataclass
class FedDashboard:
    """A running live page: where it is, its process, its log, and the file that names the states it shows."""

    port: int
    child: Child
    log: Path
    file: Path

    @property
    def url(self) -> str:
        """Its address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self) -> bool:
        """Whether it responds to GET /health with 200."""
        try:
            return requests.get(f"{self.url}/health", timeout=2).status_code == HTTPStatus.OK
        except requests.RequestException:
            return False

    def show(self, *states: str) -> None:
        """Show models in these states from now on."""
        written = self.file.with_suffix(".new")
        written.write_text("\n".join(states))
        written.rename(self.file)

    def models(self) -> list[str]:
        """The models that it shows."""
        return list(requests.get(self.url, timeout=5).json()["models"])

    def worker(self) -> psutil.Process:
        """The process that serves."""
        (found,) = psutil.Process(self.child.process.pid).children()
        return found


@contextmanager
def fed_dashboard(folder: Path, *states: str, port: int = 0, loop: str = "asyncio") -> Iterator[FedDashboard]:
    """A live page that shows models in these states, once it responds; its log goes into `folder`.

    Its image has no uvloop, which gunicorn takes where there is one.
    """
    port, log = port or ports.free_port(), folder / "dashboard.log"
    options = ["-c", "services/dashboard/gunicorn_conf.py", "--asgi-loop", loop]
    command = python("gunicorn", *options, f"tests.fed_dashboard:create({str(folder)!r})")
    with Processes(Stop()) as processes:
        (folder / FILE).write_text("\n".join(states))
        own = environment.inherited(tmpdir=folder, dashboard_port=port)
        child = processes.start("the live page", command, own, log)
        page = FedDashboard(port, child, log, folder / FILE)
        try:
            processes.wait_until(page.is_alive, "the live page to respond", START_SECONDS)
            yield page
        finally:
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")  # shown where the test has failed
