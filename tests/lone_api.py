"""The api as gunicorn serves it, alone: no broker, no consumer."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families

from embedded import ports
from embedded.demo import API
from embedded.processes import Child, Processes
from embedded.waiting import wait_until
from petalstream import settings as environment
from petalstream.lifecycle import Stop

START_SECONDS = 60
WORKERS = 2
# As in the image of the api, for tests of memory.
ALLOCATOR: dict[str, Any] = {"malloc_arena_max": 2, "malloc_mmap_threshold_": 131072}


@dataclass(frozen=True)
class LoneApi:
    """A running api: where it is, gunicorn's own process, and the file that its output goes to."""

    port: int
    child: Child
    log: Path
    host: str = "127.0.0.1"
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def is_alive(self) -> bool:
        """Whether it answers GET /health with 200."""
        try:
            return requests.get(f"{self.url}/health", timeout=2).status_code == HTTPStatus.OK
        except requests.RequestException:
            return False

    def workers(self) -> list[psutil.Process]:
        """The worker processes."""
        return psutil.Process(self.child.process.pid).children()

    def all_serve(self, count: int, connections: ExitStack) -> bool:
        """Whether each of so many workers has taken one of the connections, among which one more is opened here."""
        connections.enter_context(socket.create_connection((self.host, self.port), START_SECONDS))
        taken = [[each.status for each in worker.net_connections("tcp")] for worker in self.workers()]
        return [psutil.CONN_ESTABLISHED in statuses for statuses in taken] == [True] * count

    def counted(self, name: str) -> float:
        """The sum of a metric's samples over all labels."""
        families = text_string_to_metric_families(requests.get(f"{self.url}/metrics", timeout=10).text)
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)


@contextmanager
def lone_api(
    models_dir: Path, folder: Path, *, host: str = "127.0.0.1", scheme: str = "http", **overrides: object
) -> Iterator[LoneApi]:
    """An api around the models, with settings in `overrides`, once it answers; its log goes into `folder`."""
    port, log = ports.free_port(), folder / "api.log"
    own = {"tmpdir": folder, "api_workers": WORKERS, **overrides, "models_dir": models_dir, "api_port": port}
    with Processes(Stop()) as processes:
        child = processes.start("the api", API, environment.inherited(**own), log)
        api = LoneApi(port, child, log, host, scheme)
        try:
            processes.wait_until(api.is_alive, "the api to answer", START_SECONDS)
            with ExitStack() as connections:
                wait_until(
                    lambda: api.all_serve(int(str(own["api_workers"])), connections), "all workers", START_SECONDS
                )
            yield api
        finally:
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")  # shown where the test has failed


def memory(processes: Sequence[psutil.Process]) -> int:
    """Bytes that the processes have for themselves, all together."""
    return sum(process.memory_info().rss for process in processes)
