"""Workers that are killed under load, and a server that is stopped with requests in flight."""

import contextlib
import http.client
import itertools
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from embedded import ports
from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import Length
from tests.load.client import BODY, is_a_flower_or_busy, load
from tests.load.raw import JSON, SECONDS
from tests.lone_api import WORKERS, LoneApi, lone_api

CONNECTIONS = 8
MANY_CONNECTIONS, SHARED_SECONDS = 30, 10


def begin_slowly(api: LoneApi) -> http.client.HTTPConnection:
    """A connection on which the beginning of a request for a prediction was sent."""
    slow = http.client.HTTPConnection("127.0.0.1", api.port, timeout=SECONDS)
    slow.putrequest("POST", "/predict")
    slow.putheader("Content-Type", "application/json")
    slow.putheader("Content-Length", str(len(BODY)))
    slow.endheaders(BODY[:10])
    return slow


def await_serving(api: LoneApi, workers: int) -> None:
    """Wait until so many workers have begun to serve, those that are dead by now too."""
    wait_until(lambda: api.log.read_text().count("serving iris") >= workers, f"{workers} workers to serve", SECONDS)


def test_a_killed_worker_takes_at_most_its_requests_in_flight_with_it(
    settings: Settings, iris: Bundle, tmp_path: Path, length: Length
) -> None:
    kills, stop, answers = length.count(short=1, full=5), threading.Event(), itertools.count()

    def judge(status: int, headers: Any, body: bytes) -> str:
        next(answers)
        return is_a_flower_or_busy(status, headers, body)

    with lone_api(settings.models_dir, tmp_path) as api, ThreadPoolExecutor(1) as aside:
        loading = aside.submit(load, f"{api.url}/predict", CONNECTIONS, lambda passed: stop.is_set(), judge)
        try:
            for killed in range(kills):
                await_serving(api, WORKERS + killed)
                enough = next(answers) + 20 * CONNECTIONS
                wait_until(lambda: next(answers) > enough, "the load to go on", SECONDS)  # noqa: B023
                api.workers()[0].kill()
            await_serving(api, WORKERS + kills)
        finally:
            stop.set()
        seen = loading.result(60)
        print(f"{seen.statuses[200]} answers, {len(seen.failures)} requests lost in {kills} kills: {seen.failures[:3]}")
        assert len(seen.failures) <= kills * CONNECTIONS
        assert (seen.complaints, set(seen.statuses)) == ([], {200})
        wait_until(lambda: api.counted("petalstream_api_in_flight_requests") == 0, "nothing to be in flight", SECONDS)
        # What the dead have counted stays counted, but for requests that they did not live to count.
        answered = api.counted("petalstream_api_requests_total")
        assert answered >= seen.statuses[200]
        files = [path.name for path in tmp_path.rglob("*.db")]
        assert len(files) == len(set(files)) <= 3 * WORKERS, files


def test_after_a_kill_a_new_worker_gets_its_share_of_kept_connections(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    stop = threading.Event()
    with lone_api(settings.models_dir, tmp_path) as api, ThreadPoolExecutor(1) as aside:
        loading = aside.submit(load, f"{api.url}/predict", MANY_CONNECTIONS, lambda passed: stop.is_set())
        try:
            wait_until(lambda: sum(held_by_each(api)) >= MANY_CONNECTIONS, "the connections", SECONDS)
            api.workers()[0].kill()
            await_serving(api, WORKERS + 1)
            wait_until(
                lambda: len(held := held_by_each(api)) == WORKERS and min(held) >= MANY_CONNECTIONS / 4,
                "both workers to have at least a quarter of the connections",
                SHARED_SECONDS,
            )
        finally:
            stop.set()
        seen = loading.result(60)
    print(f"{dict(seen.statuses)}, {len(seen.failures)} lost")
    assert seen.complaints == []
    assert len(seen.failures) <= MANY_CONNECTIONS


def held_by_each(api: LoneApi) -> list[int]:
    """How many connections each worker has."""
    return [
        sum(each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections("tcp"))
        for worker in api.workers()
    ]


def test_clients_that_send_their_bodies_slowly_hold_nobodys_turn(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    with lone_api(settings.models_dir, tmp_path) as api, contextlib.ExitStack() as opened:
        for _ in range(settings.api_threads * WORKERS * 2):
            opened.callback(begin_slowly(api).close)
        for _ in range(50):
            answer = requests.post(f"{api.url}/predict", data=BODY, headers=JSON, timeout=SECONDS)
            assert answer.status_code == 200


def test_a_stopping_server_ends_what_is_in_flight_and_takes_on_nothing_new(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    with lone_api(settings.models_dir, tmp_path) as api:
        slow = begin_slowly(api)
        wait_until(
            lambda: api.counted("petalstream_api_in_flight_requests") == 1, "the request to be in flight", SECONDS
        )
        api.child.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not ports.in_use(api.port), "new connections to be refused", SECONDS)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", api.port), timeout=SECONDS)
        slow.send(BODY[10:])
        answer = slow.getresponse()
        assert (answer.status, b"setosa" in answer.read()) == (200, True)
        slow.close()
        assert api.child.process.wait(SECONDS) == 0
