"""The health check of the api's container, as the process that it is, against a real HTTP server."""

import re
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from embedded.ports import free_port
from embedded.processes import ROOT, python
from petalstream import settings
from tests.http_servers import serving

KEY = "Bearer first"


class Api(BaseHTTPRequestHandler):
    """Answers /ready with `status`, and with 401 where it wants a key and gets none."""

    status = 200
    wants_key = False

    def do_GET(self) -> None:
        lacks_key = self.wants_key and self.headers["Authorization"] != KEY
        self.send_response(404 if self.path != "/ready" else 401 if lacks_key else self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[tuple[type[Api], int]]:
    """A server of the test's own and its port."""
    own = type("Own", (Api,), {})
    with serving(own) as port:
        yield own, port


def probe(port: int, **overrides: object) -> tuple[int, str]:
    """The exit code of the probe and what it says."""
    proxies = {"HTTP_PROXY": f"http://127.0.0.1:{free_port()}", "NO_PROXY": "", "no_proxy": ""}
    environment = {**settings.inherited(api_port=port, **overrides), **proxies}
    ended = subprocess.run(
        python("services.api.probe"),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stderr + ended.stdout


def test_an_api_that_is_ready_is_well(api: tuple[type[Api], int]) -> None:
    assert probe(api[1]) == (0, "")


@pytest.mark.parametrize("status", [204, 302, 401, 500, 503])
def test_any_other_answer_is_told_and_is_not_well(api: tuple[type[Api], int], status: int) -> None:
    own, port = api
    own.status = status
    assert probe(port) == (1, f"GET /ready on port {port} was answered with {status}\n")


def test_an_api_that_does_not_answer_is_not_well() -> None:
    port = free_port()
    code, said = probe(port)
    assert code == 1
    assert re.fullmatch(rf"GET /ready on port {port} failed: \[Errno \d+\] Connection refused\n", said)


def test_the_first_key_is_sent_where_there_are_keys(api: tuple[type[Api], int], tmp_path: Path) -> None:
    own, port = api
    own.wants_key = True
    keys = tmp_path / "keys.txt"
    keys.write_text("first\nsecond\n")
    assert probe(port, api_keys=keys) == (0, "")
    keys.write_text("second\nfirst\n")
    assert probe(port, api_keys=keys)[0] == 1


def test_a_file_of_keys_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    said = f"API_KEYS names {tmp_path}, which cannot be read: Is a directory\n"
    assert probe(free_port(), api_keys=tmp_path) == (1, said)
