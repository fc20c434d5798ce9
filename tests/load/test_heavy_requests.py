"""Requests that take long: they are for threads, of which one model gets half, and the event loop stays free."""

import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import Length
from tests.load.client import BODY
from tests.load.prober import probing
from tests.load.raw import JSON, PROMPT_SECONDS, assert_others_are_served, slowest_prediction
from tests.load.slow import SECONDS_A_ROW, publish_slow
from tests.lone_api import LoneApi, lone_api
from tests.records import FLOWER
from tests.versions import Versions

pytestmark = pytest.mark.timeout(300)
FAULTY_ROWS = json.dumps([{}] * 10_000).encode()


def post(api: LoneApi, path: str, body: bytes, **headers: str) -> requests.Response:
    """Ask once, with room for a minute of work."""
    return requests.post(f"{api.url}{path}", data=body, headers={**JSON, **headers}, timeout=120)


@pytest.mark.long
def test_reports_of_ten_thousand_errors_leave_the_event_loop_free(
    settings: Settings, iris: Bundle, tmp_path: Path, length: Length
) -> None:
    reports = length.count(short=10, full=26)
    with (
        lone_api(settings.models_dir, tmp_path, api_workers=1, api_queue=24) as api,
        ThreadPoolExecutor(reports) as clients,
    ):
        workers = api.workers()
        with probing(api.port) as seconds:
            asked = [
                clients.submit(post, api, "/predict?on_error=report", FAULTY_ROWS, **{"Accept-Encoding": "gzip"})
                for _ in range(reports)
            ]
            responses = [each.result() for each in asked]
        slowest = max(seconds)
        late = sum(each > 0.1 for each in seconds)
        print(f"{reports} reports: {len(seconds)} times /health, {late} above 100 ms, within {slowest * 1000:.0f} ms")
        assert {each.status_code for each in responses} <= {200, 503}
        assert sum(each.status_code == 200 for each in responses) >= 2
        assert all(each.headers["Retry-After"] for each in responses if each.status_code == 503)
        assert slowest < PROMPT_SECONDS
        assert api.workers() == workers


@pytest.mark.long
def test_a_batch_that_takes_longer_than_a_worker_may_be_silent_is_answered(
    iris: Bundle, tmp_path: Path, length: Length, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, silent_seconds = (600, 30) if length.is_full else (60, 2)
    assert rows * SECONDS_A_ROW > silent_seconds
    monkeypatch.setenv("GUNICORN_CMD_ARGS", f"--timeout {silent_seconds}")
    publish_slow(tmp_path / "models", iris)
    with lone_api(tmp_path / "models", tmp_path, api_workers=1) as api, ThreadPoolExecutor(1) as client:
        workers = api.workers()
        with probing(api.port) as seconds:
            batch = client.submit(post, api, "/predict", json.dumps([FLOWER] * rows).encode()).result()
        assert (batch.status_code, len(batch.json())) == (200, rows)
        print(f"{len(seconds)} times /health within {max(seconds) * 1000:.0f} ms")
        assert max(seconds) < PROMPT_SECONDS
        assert api.workers() == workers


def test_a_slow_model_is_refused_alone(iris: Bundle, tmp_path: Path) -> None:
    models_dir = tmp_path / "models"
    publish_slow(models_dir, iris, "slow")
    Versions(models_dir).publish(iris)
    rows = json.dumps([FLOWER] * 20).encode()
    with lone_api(models_dir, tmp_path, api_workers=1) as api, ThreadPoolExecutor(20) as clients:
        slow = [clients.submit(post, api, "/models/slow/predict", rows) for _ in range(20)]
        refused = next(each for each in slow if each.result().status_code == 503)
        assert refused.result().headers["Retry-After"] == "1"
        # The loop predicts for one row, and a thread for a compressed one.
        assert_others_are_served(api, "a slow model takes all that it may")
        packed = post(api, "/models/iris/predict", gzip.compress(BODY), **{"Content-Encoding": "gzip"})
        assert packed.status_code == 200
        assert packed.elapsed.total_seconds() < PROMPT_SECONDS


def test_a_page_that_waits_for_a_broker_holds_up_no_prediction(
    settings: Settings, iris: Bundle, tmp_path: Path, length: Length
) -> None:
    with socket.socket() as full:
        # A listener that accepts nothing: once its queue is full, who connects waits.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        queued = [socket.socket() for _ in range(4)]
        for each in queued:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        broker = "{}:{}".format(*full.getsockname())
        with (
            lone_api(settings.models_dir, tmp_path, api_workers=1, kafka_bootstrap_servers=broker) as api,
            ThreadPoolExecutor(8) as visitors,
        ):
            pages = [
                visitors.submit(requests.get, f"{api.url}/", headers={"Accept": "text/html"}, timeout=60)
                for _ in range(length.count(short=6, full=24))
            ]
            slowest = slowest_prediction(api, 20)
            print(f"predictions within {slowest * 1000:.1f} ms")
            assert {each.result().status_code for each in pages} <= {200, 503}
            assert slowest < PROMPT_SECONDS / 4
        for each in queued:
            each.close()
