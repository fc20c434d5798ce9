"""Clients that ask for much and read nothing of it."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.load.raw import assert_others_are_served
from tests.lone_api import LoneApi, lone_api, memory

pytestmark = [pytest.mark.xdist_group("slow readers"), pytest.mark.timeout(240)]
CLIENTS, PIPELINED = 18, 50
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
# Twice what gunicorn_conf.py gives them.
CLOSED_SECONDS = 60


@pytest.fixture
def api(settings: Settings, iris: Bundle, tmp_path: Path) -> Iterator[LoneApi]:
    """An api of one worker."""
    with lone_api(settings.models_dir, tmp_path, api_workers=1) as found:
        yield found


def deaf(api: LoneApi) -> socket.socket:
    """A connection with as little room for what comes as the system allows, on which many large responses are due."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    connection.connect((api.host, api.port))
    connection.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        connection.send(LARGE * PIPELINED)
    return connection


def connections(api: LoneApi) -> int:
    """How many the worker has."""
    (worker,) = api.workers()
    return sum(each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections("tcp"))


def test_clients_that_read_nothing_hold_up_nobody(api: LoneApi) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(deaf(api))
        wait_until(lambda: connections(api) >= CLIENTS, "the connections", 10)
        before = memory(api.workers())
        assert_others_are_served(api, f"{CLIENTS} clients that read nothing")
        # Not all that they asked for waits in memory: no response begins before the one before it is on its way.
        assert memory(api.workers()) - before < 50_000_000


@pytest.mark.long
def test_clients_that_read_nothing_are_disconnected_after_a_while(api: LoneApi) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(deaf(api))
        wait_until(lambda: connections(api) >= CLIENTS, "the connections", 10)
        began = time.monotonic()
        wait_until(lambda: connections(api) == 0, "the connections to be closed", CLOSED_SECONDS)
        print(f"closed after {time.monotonic() - began:.0f} s")
        assert_others_are_served(api, "afterwards")
