"""Requests that a worker's loop may answer itself: whoever sends or reads them badly holds up nobody else."""

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.load.client import BODY, load
from tests.load.raw import SECONDS, answers, connected, request
from tests.lone_api import LoneApi, lone_api

pytestmark = pytest.mark.xdist_group("small requests")
# An object of so many names that are none is one row, and its answer is a hundred times as long.
STRANGE = json.dumps({f"{number:x}": 1 for number in range(150)}).encode()
TWO_ROWS = b"[%b,%b]" % (BODY, BODY)
MANY_ROWS = b"[%b]" % b",".join([BODY] * 500)
# More than the system keeps for a connection.
ANSWERS_UNREAD, CONNECTIONS = 300, 4


@pytest.fixture(scope="module")
def api(settings: Settings, iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api of one worker."""
    with lone_api(settings.models_dir, tmp_path_factory.mktemp("small-requests"), api_workers=1) as found:
        yield found


def check_that_others_are_answered(api: LoneApi) -> None:
    """A prediction, and whether it lives, over connections of their own."""
    for _ in range(3):
        assert requests.get(f"{api.url}/health", timeout=SECONDS).status_code == 200
        for body, label in ((BODY, '"setosa"'), (TWO_ROWS, '"setosa"')):
            headers = {"Content-Type": "application/json"}
            answer = requests.post(f"{api.url}/predict", data=body, headers=headers, timeout=SECONDS)
            assert (answer.status_code, label in answer.text) == (200, True)


def test_a_request_that_comes_byte_by_byte_is_answered(api: LoneApi) -> None:
    with connected(api) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for byte in request(BODY):
                connection.sendall(bytes([byte]))
            ((status, _, body),) = answers(connection, 1)
            assert (status, b'"setosa"' in body) == (200, True)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_one_that_stops_in_the_middle_holds_up_nobody(api: LoneApi, share: float) -> None:
    sent = request(BODY)
    with contextlib.ExitStack() as opened:
        halves = [opened.enter_context(connected(api)) for _ in range(10)]
        for half in halves:
            half.sendall(sent[: int(share * len(sent))])
        check_that_others_are_answered(api)
        for half in halves:
            half.sendall(sent[int(share * len(sent)) :])
            assert answers(half, 1)[0][0] == 200


@pytest.mark.parametrize("bodies", [(BODY, BODY), (BODY, TWO_ROWS), (b"{}", BODY), (BODY, STRANGE)])
def test_two_requests_in_one_packet_get_two_answers_in_order(api: LoneApi, bodies: tuple[bytes, bytes]) -> None:
    statuses = [200 if b"setal" in body or b"petal" in body else 400 for body in bodies]
    with connected(api) as connection:
        for _ in range(3):
            connection.sendall(b"".join(map(request, bodies)))
            found = answers(connection, 2)
            assert [status for status, _, _ in found] == statuses
            kinds = [type(json.loads(body)) for _, _, body in found]
            assert kinds == [list if body.startswith(b"[") else dict for body in bodies]


def test_a_connection_that_is_to_be_closed_is_closed(api: LoneApi) -> None:
    with connected(api) as connection:
        connection.sendall(request(BODY, Connection="close"))
        assert answers(connection, 1)[0][0] == 200
        assert connection.recv(1) == b""


@pytest.mark.parametrize("body", [STRANGE, MANY_ROWS], ids=["strange rows", "many rows"])
def test_a_client_that_reads_no_answer_stops_no_other(api: LoneApi, body: bytes) -> None:
    with socket.socket() as deaf:
        # As little room as the system allows, so that answers soon have to wait for the client.
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.connect(("127.0.0.1", api.port))
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError), connected(api) as other:
            for _ in range(ANSWERS_UNREAD):
                deaf.send(request(body))
                # What the loop answers after it: the next does not come before the loop is idle again.
                other.sendall(request(BODY))
                assert answers(other, 1)[0][0] == 200
        check_that_others_are_answered(api)


def test_small_requests_that_are_in_flight_are_answered_when_the_server_stops(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    stopping = threading.Event()
    with lone_api(settings.models_dir, tmp_path, api_workers=1) as api, ThreadPoolExecutor(1) as aside:
        loading = aside.submit(load, f"{api.url}/predict", CONNECTIONS, lambda passed: stopping.is_set())
        wait_until(lambda: api.counted("petalstream_api_rows_total") > 100, "requests to be answered", SECONDS)
        stopping.set()
        api.child.process.send_signal(signal.SIGTERM)
        seen = loading.result(SECONDS)
        assert api.child.process.wait(SECONDS) == 0
    assert (seen.complaints, set(seen.statuses)) == ([], {200})
    assert seen.failures == []
