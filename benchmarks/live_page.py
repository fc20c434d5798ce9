"""What the live page costs the consumer at full speed, whether it keeps up, and how much it reads a second."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from benchmarks import servers, streams
from benchmarks.bench import Bench, say
from benchmarks.memory import MEGABYTE
from benchmarks.results import OURS, Bar, Row
from benchmarks.stream_turns import PREDICTIONS, REQUESTS, consumer, turn
from benchmarks.streams import Broker
from embedded import ports
from embedded.processes import Child, end, python
from petalstream import settings

SERVER = python("gunicorn", "-c", "services/dashboard/gunicorn_conf.py", "services.dashboard.app:create_server()")
ALONE = "alone"
START_SECONDS, SHOW_SECONDS, RESPONSE_SECONDS, COMPARE_SECONDS = 60, 60, 5, 1
# Of the page beside the consumer alone, in seconds behind the broker, and in megabytes.
LEAST_RATE, MOST_BEHIND, MOST_MEMORY = 0.9, 2, 150


def measure(bench: Bench) -> Iterator[Row]:
    """The consumer's rate alone and beside a live page that one viewer has open, in turns."""
    alone, beside, behind, read, memory = (list[float]() for _ in range(5))
    with streams.broker(bench) as broker, servers.running(bench, servers.api(bench)) as api:
        for topic in (REQUESTS, PREDICTIONS):
            broker.create(topic)
        count = 40_000 if bench.quick else 200_000
        say(f"live: writing {count:,} requests")
        broker.fill(REQUESTS, bench.samples("iris", count), count)
        turn(bench, broker, api.url, consumer(), "warm-up")
        for number in range(bench.rounds):
            say(f"live, round {number + 1} of {bench.rounds}")
            alone.append(turn(bench, broker, api.url, consumer(), f"alone-{number}"))
            offsets, began = broker.count(REQUESTS) + broker.count(PREDICTIONS), time.monotonic()
            with _page(bench, broker, api.url) as page:
                read.append(offsets / (time.monotonic() - began))
                with _viewer(page.port), _comparing(broker, page) as differences:
                    beside.append(turn(bench, broker, api.url, consumer(), f"beside-{number}"))
                behind.append(max(differences) / beside[-1])
                memory.append(page.megabytes())
    for name, what, unit, figures, bars in (
        (
            "consumer",
            "consumer beside the live page",
            "records/s",
            {OURS: beside, ALONE: alone},
            [Bar(ALONE, LEAST_RATE)],
        ),
        (
            "behind",
            "the live page behind the topics at that rate, at most",
            "s",
            {OURS: behind},
            [Bar(most=MOST_BEHIND)],
        ),
        ("read", "records that the live page reads after a start, the start included", "records/s", {OURS: read}, []),
        ("memory", "live page, RSS", "MB", {OURS: memory}, [Bar(most=MOST_MEMORY)]),
    ):
        yield Row(f"live {name}", "live", what, unit, figures, bars)


class _Page:
    """A running live page."""

    def __init__(self, port: int, child: Child) -> None:
        self.port, self._child = port, child

    def snapshot(self) -> dict[str, Any]:
        """What it shows, an empty dict while it does not respond."""
        connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=RESPONSE_SECONDS)
        try:
            connection.request("GET", "/?format=json")
            found: dict[str, Any] = json.loads(connection.getresponse().read())
            return found
        except (OSError, http.client.HTTPException):
            return {}
        finally:
            connection.close()

    def follows(self) -> bool:
        """Whether it has read all that there was when it started."""
        return self.snapshot().get("reading") == "following"

    def counted(self) -> int:
        """How many predictions it has counted in the last hour."""
        model = self.snapshot().get("models", {}).get("iris", {"minutes": []})
        return sum(minute["predictions"] for minute in model["minutes"])

    def megabytes(self) -> float:
        """The RSS of its worker."""
        (worker,) = psutil.Process(self._child.process.pid).children()
        return float(worker.memory_info().rss) / MEGABYTE


@contextmanager
def _comparing(broker: Broker, page: _Page) -> Iterator[list[int]]:
    """Compare again and again how many predictions there are and how many the page has counted."""
    uncounted = broker.count(PREDICTIONS) - page.counted()
    differences: list[int] = []
    stop = threading.Event()

    def compare() -> None:
        while not stop.wait(COMPARE_SECONDS):
            differences.append(broker.count(PREDICTIONS) - page.counted() - uncounted)

    thread = threading.Thread(target=compare, daemon=True)
    thread.start()
    try:
        yield differences
    finally:
        stop.set()
        thread.join(SHOW_SECONDS)


@contextmanager
def _page(bench: Bench, broker: Broker, api_url: str) -> Iterator[_Page]:
    """A live page that has caught up."""
    port = ports.free_port()
    own = {"kafka_bootstrap_servers": broker.servers, "api_url": api_url, "dashboard_port": port}
    child = broker.processes.start(
        "the live page", SERVER, settings.inherited(**own), bench.folder / f"live-{port}.log"
    )
    page = _Page(port, child)
    try:
        broker.processes.wait_until(page.follows, "the live page to follow", START_SECONDS)
        yield page
    finally:
        end(child.process)
        broker.processes.forget(child)


@contextmanager
def _viewer(port: int) -> Iterator[None]:
    """One viewer, who reads each update."""
    with socket.create_connection((ports.LOOPBACK, port), RESPONSE_SECONDS) as connection:
        connection.sendall(f"GET /events?page=/ HTTP/1.1\r\nHost: {ports.LOOPBACK}\r\n\r\n".encode())

        def read() -> None:
            with suppress(OSError):
                while connection.recv(65_536):
                    pass

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            yield
        finally:
            connection.shutdown(socket.SHUT_RDWR)
            thread.join(RESPONSE_SECONDS)
