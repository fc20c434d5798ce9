"""The demo, as `make demo` starts it."""

import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from embedded.ports import free_port
from embedded.processes import python
from petalstream import broker, settings
from petalstream.messages import Message
from petalstream.model import bundle
from petalstream.settings import Settings
from tests.checkouts import fresh_copy, outer_environment
from tests.demos import SECONDS, Run, demo
from tests.length import long_except
from tests.stack import FLOWER

TRAINING_SECONDS = 600  # all models, searched in full, beside other tests


@pytest.fixture
def start(kafka_jars: Path, root: Path, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start a demo with settings of the test's own, with the models of `trained` in its folder if that is given."""
    with ExitStack() as running:

        def begin(*arguments: str, trained: Settings | None = None, **overrides: object) -> Run:
            if trained:
                shutil.copytree(trained.models_dir, tmp_path / "models")
            return running.enter_context(demo(root, tmp_path, *arguments, models_dir=tmp_path / "models", **overrides))

        yield begin


SHOWN = [
    ("iris", r"\w+ [\d.]+%", 30),
    ("heart_failure", r"\w+ [23] of 3 votes", 60),
    ("penguins", r"[\d,]+ g \([\d,]+ to [\d,]+\)  error [+-]?[\d.]+ g, (?:within|outside) its interval", 68),
]


def quality(metrics: Mapping[str, Any]) -> str:
    """A pattern of what the summary says of a model that predicts the test part as its metrics say."""
    if "test_accuracy" in metrics:
        accuracy = metrics["test"]["accuracy"]
        interval = f"95% interval {accuracy['lower']:.3f} to {accuracy['upper']:.3f}"
        return re.escape(f"accuracy {accuracy['value']:.3f} ({interval})")
    error = metrics["test_errors"]["mean_absolute_error"]
    return rf"mean absolute error {error:.3g} g \(95% interval \d+ to \d+ g\)"


@pytest.mark.timeout(TRAINING_SECONDS)
@pytest.mark.parametrize("are_trained", long_except([True], [True, False]))
def test_it_trains_what_is_not_trained_streams_the_test_sets_prints_every_prediction_and_sums_up(
    start: Callable[..., Run], all_models: Settings, tmp_path: Path, are_trained: bool
) -> None:
    run = start(trained=all_models if are_trained else None)
    assert run.process.wait(TRAINING_SECONDS) == 0, run.output.read_text()
    printed = run.output.read_text()
    for model, predicted, records in SHOWN:
        lines = re.findall(rf"^{model}\.requests\[\d\]@\d+ .* ->  {predicted}  ", printed, re.MULTILINE)
        assert len(lines) == records
        summary = printed.split(f"==> summary of {model}\n")[1].splitlines()[:2]
        assert summary[0] == f"sent {records}, predicted {records}, dead-lettered 0"
        assert (f"{model}: published version 1" in printed) == (not are_trained)
        assert "live page" not in printed
        metrics = bundle.current(tmp_path / "models", model).manifest.metrics
        assert re.fullmatch(rf"{quality(metrics)}, latency p50 \d+ ms, p99 \d+ ms, rate [\d.]+ records/s", summary[1])
    assert run.left_behind() == []


@pytest.mark.long
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


MOMENTS = ["fetching and verifying", "starting Apache Kafka", "search for", "starting the api", "streaming", "->"]


@pytest.mark.parametrize("moment", long_except(["streaming"], MOMENTS))
def test_ctrl_c_at_any_moment_stops_everything(start: Callable[..., Run], all_models: Settings, moment: str) -> None:
    run = start(trained=None if moment == "search for" else all_models)
    run.said(moment)
    run.interrupt()
    assert run.process.wait(30) == 130, run.output.read_text()
    assert run.left_behind() == []
    assert "Traceback" not in run.output.read_text()


@pytest.mark.long
def test_a_second_ctrl_c_does_not_leave_anything_behind_either(start: Callable[..., Run], all_models: Settings) -> None:
    run = start(trained=all_models)
    run.said("streaming")
    run.interrupt()
    run.interrupt()
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(30) == 130, run.output.read_text()
    assert run.left_behind() == []


@pytest.mark.long
def test_kept_it_stays_up_on_its_ports_until_ctrl_c(
    start: Callable[..., Run], all_models: Settings, root: Path
) -> None:
    api_port, kafka_port, health_port, page_port = (free_port() for _ in range(4))
    own = {"api_port": api_port, "kafka_port": kafka_port, "consumer_health_port": health_port}
    run = start("--keep", trained=all_models, dashboard_port=page_port, **own)
    run.said("Ctrl-C stops everything")
    for port in (api_port, health_port):
        assert requests.get(f"http://localhost:{port}/ready", timeout=10).status_code == 200
    assert requests.get(f"http://localhost:{page_port}/health", timeout=10).status_code == 200
    assert f"==> the live page is on http://localhost:{page_port}" in run.output.read_text()
    producer = broker.new_producer(f"localhost:{kafka_port}", 10)
    broker.send(producer, Message("iris.requests", b"my-flower", FLOWER, [])).get(timeout=20)
    producer.close(timeout=5)
    run.said("? no known label")
    command = python("services.consumer.tools", "send", "penguins", "Gentoo", "Biscoe", "47.3", "15.3", "222", "male")
    addresses = {"api_url": f"http://localhost:{api_port}", "kafka_bootstrap_servers": f"localhost:{kafka_port}"}
    environment = settings.inherited(**addresses)
    sent = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert re.search(
        r"^species=Gentoo .* ->  [\d,]+ g \([\d,]+ to [\d,]+\)  \(penguins version 1, \d+ ms\)$", sent.stdout
    )
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


@pytest.mark.long
def test_where_no_model_can_be_trained_the_demo_ends_with_the_reasons(start: Callable[..., Run]) -> None:
    run = start(data_dir="nowhere")
    assert run.process.wait(SECONDS) == 1
    printed = run.output.read_text()
    for model in ("iris", "heart_failure", "penguins"):
        assert f"trainer: {model}: nowhere/" in printed
    assert printed.splitlines()[-1] == "demo: the trainer ended with exit code 1"
    assert run.left_behind() == []
