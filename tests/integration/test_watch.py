"""`python -m services.dashboard.watch` before a real live page, away and there."""

import signal
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from embedded import ports
from embedded.processes import ROOT, end, python
from embedded.waiting import wait_until
from petalstream import settings as environment
from services.dashboard.watch.fetching import NotReachable, fetch
from tests.fed_dashboard import fed_dashboard
from tests.http_servers import serving

WATCH = python("services.dashboard.watch")


def once(port: int) -> subprocess.CompletedProcess[str]:
    """What `--once` prints, and its exit code."""
    command = [*WATCH, "--once"]
    own = environment.inherited(dashboard_port=port)
    return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=30, check=False)


def test_once_prints_one_snapshot_and_says_where_there_is_none(tmp_path: Path) -> None:
    port = ports.free_port()
    away = once(port)
    assert (away.returncode, away.stdout) == (1, "")
    assert away.stderr.startswith(f"watch: the live page is not reachable: 127.0.0.1:{port}: ")
    with fed_dashboard(tmp_path, "labels", port=port):
        there = once(port)
        assert (there.returncode, there.stderr) == (0, "")
        assert "balances" in there.stdout
        assert "\x1b" not in there.stdout


@pytest.mark.long
def test_it_waits_for_the_page_goes_on_and_ends_quietly_on_ctrl_c(tmp_path: Path) -> None:
    port, log = ports.free_port(), tmp_path / "watch.log"
    with log.open("wb") as output:
        own = environment.inherited(dashboard_port=port)
        process = subprocess.Popen(WATCH, cwd=ROOT, env=own, stdout=output, stderr=output, start_new_session=True)
        try:
            wait_until(lambda: "trying again each second" in log.read_text(), "the first line", 15)
            with fed_dashboard(tmp_path, "labels", port=port):
                wait_until(lambda: log.read_text().count("balances") > 1, "two snapshots", 15)
            said = log.read_text().count("trying again")
            wait_until(lambda: log.read_text().count("trying again") > said, "the page to be away again", 15)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            end(process)
    assert "Traceback" not in log.read_text()


class Other(BaseHTTPRequestHandler):
    """A server that is no live page: its responses are what the path of the class says."""

    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b"", "responded with 503"),
        (200, b"<html>", "something else than JSON"),
        (200, b"[]", "is not the live page"),
        (200, b'{"at": 1}', "is not the live page"),
    ],
)
def test_another_server_on_the_port_is_named(status: int, body: bytes, words: str) -> None:
    handler = type("Handler", (Other,), {"status": status, "body": body})
    with serving(handler) as port, pytest.raises(NotReachable, match=words):
        fetch("127.0.0.1", port)
