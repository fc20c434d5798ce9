"""The demo, as `make demo` starts it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from embedded.ports import free_port
from embedded.waiting import wait_until
from petalstream import broker, settings
from petalstream.messages import Message
from tests.checkouts import fresh_copy, outer_environment
from tests.stack import FLOWER

pytestmark = pytest.mark.xdist_group("kafka")
SECONDS = 100


@dataclass(frozen=True)
class Run:
    """A running demo; everything it starts carries `mark` in its environment."""

    process: subprocess.Popen[bytes]
    output: Path
    mark: str
    temporary: Path

    def said(self, text: str) -> None:
        """Wait until the demo has printed `text`."""
        wait_until(lambda: text in self.output.read_text() or self._dead(), f"{text!r} in the output", SECONDS)
        assert text in self.output.read_text()

    def _dead(self) -> bool:
        return self.process.poll() is not None

    def interrupt(self) -> None:
        """What Ctrl-C does: SIGINT to the whole process group of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def left_behind(self) -> list[str]:
        """Processes that the demo started and that still run, and folders that it made and did not delete."""
        return [str(process) for process in marked(self.mark)] + [str(path) for path in self.temporary.iterdir()]


def marked(mark: str) -> list[psutil.Process]:
    """The processes that have `mark` in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PETALSTREAM_TEST") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.fixture
def start(kafka_jars: Path, root: Path, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start a demo with settings of the test's own; whatever is left of it afterwards is killed."""
    mark, temporary = str(uuid.uuid4()), tmp_path / "tmp"
    temporary.mkdir()

    def begin(*arguments: str, **overrides: object) -> Run:
        environment = settings.inherited(models_dir=tmp_path / "models", producer_interval=0.02, **overrides)
        environment |= {"PETALSTREAM_TEST": mark, "TMPDIR": str(temporary)}
        with (tmp_path / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "embedded", *arguments],
                cwd=root,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return Run(process, tmp_path / "output", mark, temporary)

    yield begin
    for process in marked(mark):
        process.kill()


def test_it_trains_streams_the_test_set_prints_every_prediction_and_sums_up(start: Callable[..., Run]) -> None:
    run = start()
    assert run.process.wait(SECONDS) == 0, run.output.read_text()
    printed = run.output.read_text()
    assert len(re.findall(r"^iris\.requests\[\d\]@\d+ .* ->  \w+ [\d.]+%", printed, re.MULTILINE)) == 30
    assert "sent 30, predicted 30, dead-lettered 0" in printed
    assert re.search(r"accuracy 0\.933, latency p50 \d+ ms, p99 \d+ ms, rate [\d.]+ records/s", printed)
    assert run.left_behind() == []


@pytest.mark.timeout(600)
def test_make_demo_in_a_fresh_checkout_needs_nothing_else(kafka_jars: Path, root: Path, tmp_path: Path) -> None:
    checkout = fresh_copy(root, tmp_path)
    shutil.copytree(kafka_jars, checkout / ".cache" / kafka_jars.name)
    ended = subprocess.run(
        ["make", "demo"], cwd=checkout, env=outer_environment(), capture_output=True, timeout=500, check=False
    )
    printed = ended.stdout.decode()
    assert ended.returncode == 0, printed + ended.stderr.decode()
    assert "making .venv" in printed
    assert "sent 30, predicted 30, dead-lettered 0" in printed


@pytest.mark.parametrize(
    "moment", ["fetching and verifying", "starting Apache Kafka", "training", "starting the api", "streaming", "->"]
)
def test_ctrl_c_at_any_moment_stops_everything(start: Callable[..., Run], moment: str) -> None:
    run = start()
    run.said(moment)
    run.interrupt()
    assert run.process.wait(30) == 130, run.output.read_text()
    assert run.left_behind() == []
    assert "Traceback" not in run.output.read_text()


def test_a_second_ctrl_c_does_not_leave_anything_behind_either(start: Callable[..., Run]) -> None:
    run = start()
    run.said("streaming")
    run.interrupt()
    run.interrupt()
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(30) == 130, run.output.read_text()
    assert run.left_behind() == []


def test_kept_it_stays_up_on_its_ports_until_ctrl_c(start: Callable[..., Run]) -> None:
    api_port, kafka_port = free_port(), free_port()
    run = start("--keep", api_port=api_port, kafka_port=kafka_port)
    run.said("Ctrl-C stops both")
    assert requests.get(f"http://localhost:{api_port}/ready", timeout=10).status_code == 200
    producer = broker.new_producer(f"localhost:{kafka_port}", 10)
    broker.send(producer, Message("iris.requests", b"my-flower", FLOWER, [])).get(timeout=20)
    producer.close(timeout=5)
    run.said("? no known label")
    run.interrupt()
    assert run.process.wait(30) == 0, run.output.read_text()
    assert run.left_behind() == []


def test_kept_on_a_port_in_use_it_says_so_in_one_line_before_it_starts_anything(start: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        run = start("--keep", api_port=free_port(), kafka_port=port)
        assert run.process.wait(SECONDS) == 1
    assert run.output.read_text() == (
        f"demo: port {port} is in use: choose another, as in `make demo KEEP=1 KAFKA_PORT={port + 1}`\n"
    )
    assert run.left_behind() == []


def test_a_model_that_may_not_be_published_ends_the_demo_with_the_reason(start: Callable[..., Run]) -> None:
    run = start(min_validation_accuracy=1)
    assert run.process.wait(SECONDS) == 1
    printed = run.output.read_text()
    assert "trainer: validation accuracy 0.933 is below 1; nothing was published" in printed
    assert printed.splitlines()[-1] == "demo: the trainer ended with exit code 1"
    assert run.left_behind() == []
