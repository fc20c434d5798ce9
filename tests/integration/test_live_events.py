"""The events of the live page over a real gunicorn: one a second, shared, bounded, and over when the server stops."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
import requests

from embedded.waiting import wait_until
from services.dashboard.server.events import PLACES
from tests.fed_dashboard import FedDashboard, fed_dashboard
from tests.length import Length, long_except

OVERVIEW, IRIS = "/events?page=/", "/events?page=/models/labels"


class Viewer:
    """A client of server-sent events that reads them from its socket."""

    def __init__(self, page: FedDashboard, path: str = OVERVIEW, buffer: int = 0) -> None:
        self._socket = socket.socket()
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", page.port))
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self._rest = b""

    @property
    def local_port(self) -> int:
        """The port that the server sees."""
        port: int = self._socket.getsockname()[1]
        return port

    def read_until(self, end: bytes) -> bytes:
        """Return what arrives up to `end`. Raises EOFError where the server ends the connection first."""
        while end not in self._rest:
            piece = self._socket.recv(65536)
            if not piece:
                raise EOFError(self._rest[-200:])
            self._rest += piece
        found, self._rest = self._rest.split(end, 1)
        return found

    def read_event(self) -> bytes:
        """Return the next event."""
        return self.read_until(b"\n\n")

    def status(self) -> int:
        """Return the status of the response, once it begins."""
        return int(self.read_until(b"\r\n").split()[1])

    def close(self) -> None:
        """Leave."""
        self._socket.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedDashboard]:
    """A live page that shows two models."""
    with fed_dashboard(tmp_path_factory.mktemp("dashboard"), "labels", "numbers") as opened:
        yield opened


def free_places(page: FedDashboard) -> bool:
    """Whether no viewer is connected."""
    return not [each for each in page.worker().net_connections("tcp") if each.status == psutil.CONN_ESTABLISHED]


def test_the_first_event_comes_at_once_and_then_one_a_second(page: FedDashboard) -> None:
    with closing(Viewer(page, IRIS)) as viewer:
        began = time.monotonic()
        first = viewer.read_event()
        assert time.monotonic() - began < 0.9
        head, _, body = first.partition(b"\r\n\r\n")
        assert b"content-type: text/event-stream" in head
        assert b"cache-control: no-store" in head
        assert b"x-accel-buffering: no" in head
        assert b"retry: 1000\ndata: " in body
        began = time.monotonic()
        events = [viewer.read_event() for _ in range(3)]
        assert 1.5 < time.monotonic() - began < 4.5
        assert len(set(events)) == 3
        assert all(b"1,190 predictions" in event for event in events)


def test_a_page_that_is_not_there_is_404(page: FedDashboard) -> None:
    for path in ("/models/nothing", "/models/", "/nothing", "/static/live.js", "\ud800"):
        assert (
            requests.get(f"{page.url}/events", params={"page": path.encode(errors="replace")}, timeout=5).status_code
            == 404
        )


def test_a_viewer_above_the_limit_gets_503_and_a_place_is_free_when_one_leaves(page: FedDashboard) -> None:
    wait_until(lambda: free_places(page), "all viewers of other tests to be gone", 10)
    with ExitStack() as viewers:
        taken = [viewers.enter_context(closing(Viewer(page))) for _ in range(PLACES)]
        for viewer in taken:
            viewer.read_event()
        response = requests.get(page.url + OVERVIEW, timeout=5)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.text == "All 64 places for viewers of the live page are taken. It tries again in 5 seconds."
        assert requests.head(page.url + OVERVIEW, timeout=5).status_code == 503
        assert requests.get(page.url, timeout=5).status_code == 200, "the page itself has no limit"
        taken[7].close()

        def is_admitted() -> bool:
            with closing(Viewer(page)) as viewer:
                return viewer.status() == 200

        wait_until(is_admitted, "the place of a viewer who has left", 2)
        for viewer in taken[:7] + taken[8:]:
            viewer.read_event()


def test_a_viewer_who_does_not_read_slows_nobody_and_takes_little_memory(page: FedDashboard, length: Length) -> None:
    worker = page.worker()
    with closing(Viewer(page, IRIS)) as reader, ExitStack() as silent:
        reader.read_event()
        before = worker.memory_info().rss
        for _ in range(20):
            silent.enter_context(closing(Viewer(page, IRIS)))
        gaps, last = list[float](), time.monotonic()
        until = last + length.seconds(4, 90)
        while last < until:
            reader.read_event()
            gaps.append(time.monotonic() - last)
            last = time.monotonic()
        assert max(gaps) < 2, gaps
        assert worker.memory_info().rss - before < 20 * 1024 * 1024


@pytest.mark.long
def test_a_viewer_who_does_not_read_is_disconnected(page: FedDashboard) -> None:
    wait_until(lambda: free_places(page), "all viewers of other tests to be gone", 10)
    with closing(Viewer(page, IRIS, buffer=4096)):
        wait_until(lambda: not free_places(page), "the viewer to be connected", 5)
        wait_until(lambda: free_places(page), "the viewer to be disconnected", 90)


def test_requests_for_another_host_are_refused(page: FedDashboard) -> None:
    for path in ("/", OVERVIEW, "/health"):
        response = requests.get(page.url + path, headers={"Host": "evil.example"}, timeout=5)
        assert response.status_code == 400
        assert "DASHBOARD_TRUSTED_HOSTS" in response.json()["detail"]


def test_a_query_that_is_not_ascii_is_refused(page: FedDashboard) -> None:
    with closing(socket.create_connection(("127.0.0.1", page.port), 5)) as client:
        client.sendall(b"GET /?page=\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("loop", long_except(["asyncio"], ["asyncio", "uvloop"]))
def test_stopping_ends_events_and_the_server_at_once(tmp_path: Path, loop: str) -> None:
    with fed_dashboard(tmp_path, "labels", loop=loop) as page, closing(Viewer(page)) as viewer, closing(Viewer(page)):
        viewer.read_event()
        page.child.process.terminate()
        viewer.read_until(b"\r\n0\r\n\r\n")
        page.child.process.wait(10)
        log = page.log.read_text()
        assert "Traceback" not in log
        assert "Forcing close" not in log, "all viewers were gone within gunicorn's graceful timeout"
