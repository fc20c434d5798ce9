"""A body above the limit is 413 for clients that send all of it before they read the response."""

import http.client
import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from embedded.environments import python_with
from tests.lone_api import LoneApi

pytestmark = [pytest.mark.xdist_group("clients"), pytest.mark.timeout(900)]
HERE = Path(__file__).parent / "go"
SECONDS = 60
JSON = {"Content-Type": "application/json"}


def with_http_client(api: LoneApi, body: bytes) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", api.port, timeout=SECONDS)) as connection:
        connection.request("POST", "/predict", body, JSON)
        return connection.getresponse().status


def with_requests(api: LoneApi, body: bytes) -> int:
    return requests.post(f"{api.url}/predict", body, headers=JSON, timeout=SECONDS).status_code


def with_requests_in_chunks(api: LoneApi, body: bytes) -> int:
    chunks = (body[start : start + 2**16] for start in range(0, len(body), 2**16))
    return requests.post(f"{api.url}/predict", chunks, headers=JSON, timeout=SECONDS).status_code


def with_curl(api: LoneApi, body: bytes) -> int:
    sent = ["--data-binary", "@-", "--header", "Content-Type: application/json", "--output", "/dev/null"]
    asked = ["curl", "--silent", "--show-error", "--max-time", str(SECONDS), "--write-out", "%{http_code}", *sent]
    return int(subprocess.run([*asked, f"{api.url}/predict"], input=body, check=True, capture_output=True).stdout)


CLIENTS: list[Callable[[LoneApi, bytes], int]] = [
    with_http_client,
    with_requests,
    with_requests_in_chunks,
    with_curl,
]


@pytest.mark.parametrize("size", [3_000_000, 50_000_000])
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_clients_read_413(api: LoneApi, client: Callable[[LoneApi, bytes], int], size: int) -> None:
    assert client(api, b" " * size) == 413


@pytest.mark.long
def test_go_reads_413(api: LoneApi, root: Path, tmp_path: Path) -> None:
    go = python_with(HERE / "requirements.txt", root / ".cache" / "clients" / "go").parent / "go"
    own = {**os.environ, "GOCACHE": str(tmp_path / "cache"), "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    program = tmp_path / "client"
    subprocess.run([go, "build", "-o", program, HERE / "main.go"], check=True, env=own, timeout=300)
    for size in (3_000_000, 50_000_000):
        asked = [str(program), f"{api.url}/predict", str(size)]
        ended = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS)
        assert ended.stdout.startswith("413 "), ended.stderr
