"""Clients that connect and send nothing, that stop in the middle, or that keep their connections: others are served."""

import contextlib
import resource
import socket
from collections.abc import Iterator

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import Length
from tests.load.client import BODY
from tests.load.raw import answers, assert_others_are_served, connected, request
from tests.lone_api import LoneApi, lone_api

pytestmark = [pytest.mark.xdist_group("silent clients"), pytest.mark.timeout(240)]
HALF_SENT = b"POST /predict HTTP/1.1\r\nHost: local"


@pytest.fixture(scope="module")
def api(settings: Settings, iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api of two workers, from a shell that allows few open files."""
    with lone_api(settings.models_dir, tmp_path_factory.mktemp("silent-clients")) as found:
        yield found


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may open as many files as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def opened(api: LoneApi, number: int, stack: contextlib.ExitStack) -> list[socket.socket]:
    """So many connections."""
    return [stack.enter_context(connected(api)) for _ in range(number)]


def test_silent_connections_hold_up_nobody(api: LoneApi) -> None:
    with contextlib.ExitStack() as stack:
        opened(api, 120, stack)
        assert_others_are_served(api, "120 silent connections")


def test_half_sent_heads_and_bodies_hold_up_nobody(api: LoneApi) -> None:
    with contextlib.ExitStack() as stack:
        halves = opened(api, 60, stack)
        for half in halves:
            half.sendall(HALF_SENT)
        bodies = opened(api, 60, stack)
        for body in bodies:
            body.sendall(request(BODY)[:-10])
        assert_others_are_served(api, "60 half-sent heads and 60 half-sent bodies")
        for half in halves:
            half.sendall(b"host" + request(BODY)[request(BODY).index(b"\r\nContent-Type") :])
            assert answers(half, 1)[0][0] == 200
        for body in bodies:
            body.sendall(BODY[-10:])
            assert answers(body, 1)[0][0] == 200


def test_a_connection_that_is_told_to_close_and_stays_open_holds_up_nobody(api: LoneApi) -> None:
    with contextlib.ExitStack() as stack:
        for connection in opened(api, 20, stack):
            connection.sendall(request(BODY, Connection="close"))
            assert answers(connection, 1)[0][0] == 200
        assert_others_are_served(api, "20 connections that should have been closed")


def test_kept_idle_connections_hold_up_nobody_and_stay_usable(api: LoneApi, length: Length, many_files: None) -> None:
    number = length.count(short=300, full=2_100)
    with contextlib.ExitStack() as stack:
        idle = opened(api, number, stack)
        for connection in idle:
            connection.sendall(request(BODY))
        for connection in idle:
            assert answers(connection, 1)[0][0] in (200, 503)
        assert_others_are_served(api, f"{number} kept idle connections")
        idle[0].sendall(request(BODY))
        assert answers(idle[0], 1)[0][0] == 200
