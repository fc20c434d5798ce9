"""Requests whose clients no longer wait do not pile up behind a slow model."""

import gzip
import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from petalstream.model.bundle import Bundle
from tests.load.slow import SECONDS_A_ROW, publish_slow
from tests.lone_api import LoneApi, lone_api
from tests.records import FLOWER

pytestmark = pytest.mark.xdist_group("api server")
ROWS, REQUESTS = 16, 6
# Less than the first request takes, and far more than to send all of them.
TIMEOUT = ROWS * SECONDS_A_ROW / 2


@pytest.fixture(scope="module")
def slow(iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api with one worker, which scores one request at a time, slowly."""
    folder: Path = tmp_path_factory.mktemp("deadlines")
    publish_slow(folder / "models", iris)
    with lone_api(folder / "models", folder, api_workers=1, api_threads=1) as running:
        yield running


def scored(api: LoneApi) -> float:
    return api.counted("petalstream_api_rows_total")


# gunicorn's loop answers the one itself, and hands the other to threads, which wait for their turn.
@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}], ids=["loop", "threads"])
def test_requests_that_wait_longer_than_their_timeout_are_not_scored(slow: LoneApi, encoding: dict[str, str]) -> None:
    body = json.dumps([FLOWER] * ROWS).encode()
    headers = {"Content-Type": "application/json", "X-Request-Timeout": f"{TIMEOUT:.2f}", **encoding}
    before = scored(slow)
    with ExitStack() as opened:
        connections = [
            opened.enter_context(closing(http.client.HTTPConnection("127.0.0.1", slow.port, timeout=60)))
            for _ in range(REQUESTS)
        ]
        for connection in connections:  # the loop itself answers on connections that are open already
            connection.request("GET", "/health")
            assert connection.getresponse().read()
        for connection in connections:
            connection.request("POST", "/predict", gzip.compress(body) if encoding else body, headers)
        responses = [connection.getresponse() for connection in connections]
        contents = [json.loads(response.read()) for response in responses]
    assert sorted(response.status for response in responses) == [200] + [503] * (REQUESTS - 1)
    for response, content in zip(responses, contents, strict=True):
        if response.status == 503:
            assert response.headers["Retry-After"] == "1"
            assert content["detail"].startswith("X-Request-Timeout passed before the rows were scored")
    assert scored(slow) - before == ROWS


def test_a_large_batch_stops_when_its_client_no_longer_waits(slow: LoneApi) -> None:
    body = json.dumps([FLOWER] * 500).encode()  # half a minute of work
    headers = {"Content-Type": "application/json", "X-Request-Timeout": "1.5"}
    before = scored(slow)
    with closing(http.client.HTTPConnection("127.0.0.1", slow.port, timeout=20)) as connection:
        connection.request("POST", "/predict", body, headers)
        response = connection.getresponse()
        assert response.status == 503
        assert "X-Request-Timeout passed" in json.loads(response.read())["detail"]
    assert scored(slow) == before
