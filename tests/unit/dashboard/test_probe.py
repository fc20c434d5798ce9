"""The health check of the dashboard's container, as the process that it is, against a real HTTP server."""

import re
import subprocess
from http.server import BaseHTTPRequestHandler

import pytest

from embedded.ports import free_port
from embedded.processes import ROOT, python
from petalstream import settings
from tests.http_servers import serving


def probe(port: int) -> tuple[int, str]:
    """The exit code of the probe and what it says; a proxy of the environment responds to nothing."""
    proxies = {"HTTP_PROXY": f"http://127.0.0.1:{free_port()}", "NO_PROXY": "", "no_proxy": ""}
    ended = subprocess.run(
        python("services.dashboard.probe"),
        cwd=ROOT,
        env={**settings.inherited(dashboard_port=port, dashboard_host="0.0.0.0"), **proxies},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stderr + ended.stdout


def page_with(status: int) -> type[BaseHTTPRequestHandler]:
    """A server that responds to /health with `status`, and to anything else with 404."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Page


def test_a_live_page_that_responds_is_healthy() -> None:
    with serving(page_with(200)) as port:
        assert probe(port) == (0, "")


@pytest.mark.parametrize("status", [204, 400, 500, 503])
def test_any_other_status_is_reported_and_unhealthy(status: int) -> None:
    with serving(page_with(status)) as port:
        assert probe(port) == (1, f"GET /health on port {port} was answered with {status}\n")


def test_a_live_page_that_does_not_respond_is_unhealthy() -> None:
    port = free_port()
    code, said = probe(port)
    assert code == 1
    assert re.fullmatch(rf"GET /health on port {port} failed: \[Errno \d+\] Connection refused\n", said)
