"""What hundreds of new clients a second see of SIGHUP, and of SIGTERM: nothing that a worker has read is lost."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import Length
from tests.load.client import BODY
from tests.load.raw import SECONDS, request
from tests.lone_api import WORKERS, LoneApi, lone_api

pytestmark = pytest.mark.timeout(240)
A_SECOND = 300
# Beyond the limits clients get 503, here as anywhere (test_overload.py): so many of them wait on a busy machine too.
NO_LIMIT = A_SECOND * SECONDS
ASK, OK = request(BODY), "HTTP/1.1 200 OK"


async def ask_once(api: LoneApi, outcomes: list[str]) -> None:
    """Connect, ask, and note the status or the error."""
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(api.host, api.port)
            writer.write(ASK)
            line = await reader.readline()
            writer.close()
        outcomes.append(line.decode().strip() or "closed without a response")
    except OSError as error:
        outcomes.append(repr(error))


async def ask_until(api: LoneApi, stop: threading.Event, outcomes: list[str]) -> None:
    """Have A_SECOND clients a second ask, each on a connection of its own."""
    began, number = time.monotonic(), 0
    async with asyncio.TaskGroup() as clients:
        while not stop.is_set():
            clients.create_task(ask_once(api, outcomes))
            number += 1
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))


@contextmanager
def asking(api: LoneApi) -> Iterator[list[str]]:
    """Have the clients ask meanwhile; yields what becomes of them, all of which have ended with the context."""
    outcomes, stop = list[str](), threading.Event()
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(asyncio.run, ask_until(api, stop, outcomes))
        try:
            yield outcomes
        finally:
            stop.set()
        running.result(2 * SECONDS)


def test_a_reload_loses_no_client(settings: Settings, iris: Bundle, tmp_path: Path, length: Length) -> None:
    with lone_api(settings.models_dir, tmp_path, api_queue=NO_LIMIT) as api:
        with asking(api) as outcomes:
            for _ in range(length.count(short=1, full=5)):
                old = set(api.workers())
                api.child.process.send_signal(signal.SIGHUP)
                wait_until(lambda: not old & set(api.workers()), "the old workers to end", SECONDS)  # noqa: B023
        assert len(api.workers()) == WORKERS
    print(f"{len(outcomes)} clients")
    assert {outcome for outcome in outcomes if outcome != OK} == set()


def test_a_stop_loses_no_request_that_a_worker_has_read(settings: Settings, iris: Bundle, tmp_path: Path) -> None:
    with lone_api(settings.models_dir, tmp_path, api_queue=NO_LIMIT, api_access_log=True) as api:
        with asking(api) as outcomes:
            wait_until(lambda: outcomes.count(OK) >= A_SECOND, "the first clients to be answered", SECONDS)
            api.child.process.send_signal(signal.SIGTERM)
            assert api.child.process.wait(SECONDS) == 0
        read = api.log.read_text().count('"path": "/predict"')
    print(f"{outcomes.count(OK)} of {len(outcomes)} clients got a response")
    assert len(outcomes) > read == outcomes.count(OK)
