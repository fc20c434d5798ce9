"""Bodies that fill the memory of a worker, or keep its event loop reading: they are refused, and others are served."""

import contextlib
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.server.bodies import MOST_BODIES
from tests.load.raw import SECONDS, answers, assert_others_are_served, connected, request
from tests.lone_api import ALLOCATOR, LoneApi, lone_api, memory

pytestmark = pytest.mark.timeout(240)
LARGEST, CLIENTS = 1024 * 1024, 8 * MOST_BODIES
CHUNKED = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def api(settings: Settings, iris: Bundle, tmp_path: Path) -> Iterator[LoneApi]:
    """An api of one worker."""
    own = {**ALLOCATOR, "api_workers": 1, "api_max_body_bytes": LARGEST}
    with lone_api(settings.models_dir, tmp_path, **own) as found:
        yield found


def send_all_but_the_end(connection: socket.socket) -> None:
    """Send the head of a large request, and its body without the last byte unless it is refused before."""
    with contextlib.suppress(ConnectionError):
        connection.sendall(request(b" " * LARGEST)[:-1])


def test_bodies_that_are_held_back_take_bounded_memory(api: LoneApi) -> None:
    before = memory(api.workers())
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connected(api)) for _ in range(CLIENTS)]
        for connection in connections:
            send_all_but_the_end(connection)
        assert_others_are_served(api, f"{CLIENTS} bodies without their ends")
        growth = memory(api.workers()) - before
        print(f"{growth / 2**20:.0f} MiB more for them")
        # What is kept of them, and room for the allocator and the buffers of gunicorn.
        assert growth < 5 * MOST_BODIES * LARGEST
        statuses = Counter(status_of(connection) for connection in connections)
    assert statuses.keys() <= {400, 503}
    assert min(statuses[400], statuses[503]) > 0


def status_of(connection: socket.socket) -> int:
    """The status once the last byte is sent: 400 for a body of blanks, 503 where it was refused or reset before."""
    try:
        connection.sendall(b" ")
        return answers(connection, 1)[0][0]
    except ConnectionError:
        return 503


def test_a_body_in_endless_tiny_chunks_is_refused(api: LoneApi) -> None:
    with connected(api) as connection:
        connection.sendall(CHUNKED)
        connection.setblocking(False)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                with contextlib.suppress(BlockingIOError):
                    connection.send(b"1\r\n \r\n" * 10_000)
        connection.settimeout(SECONDS)
        # The system drops the response where more of the body has arrived since.
        with contextlib.suppress(ConnectionError):
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        assert_others_are_served(api, "a body in tiny chunks is refused")
