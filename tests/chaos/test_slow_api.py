"""An api that takes its time, with far more waiting than a consumer may hold."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest
import requests

from tests.chaos.conftest import Chaos
from tests.chaos.stream import committed, members, numbered, reached, write

pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(3600)]
ANSWER_SECONDS = 2
MEGABYTE = 1024 * 1024


@pytest.fixture
def slow_url(chaos: Chaos) -> Iterator[str]:
    """The real api behind a proxy that lets every answer wait."""
    target = chaos.stack.settings.api_url

    class Slow(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(ANSWER_SECONDS)  # this is the scenario itself
            headers = {"Content-Type": self.headers["Content-Type"]}
            answer = requests.post(target + self.path, body, headers=headers, timeout=10)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_with_a_slow_api_and_a_backlog_of_50_000_memory_stays_flat_and_nobody_leaves_the_group(
    chaos: Chaos, slow_url: str
) -> None:
    chaos.stack.start_api()
    write(chaos.stack, numbered(50_000))
    consumer = chaos.stack.consume(api_url=slow_url)
    reached(chaos.stack, 500)
    member, process = members(chaos.stack), psutil.Process(consumer.process.pid)
    held = []
    for batch in range(2, 2 + 10 * chaos.scale):
        reached(chaos.stack, 500 * batch)
        held.append(process.memory_info().rss / MEGABYTE)
        assert members(chaos.stack) == member
    chaos.note(f"{held[0]:.1f} MiB after 2 batches, {held[-1]:.1f} MiB after {1 + len(held)}, at most {max(held):.1f}")
    assert committed(chaos.stack) < 50_000
    assert max(held) - held[0] < 10
    assert "new clients" not in chaos.stack.log("consumer").read_text()
