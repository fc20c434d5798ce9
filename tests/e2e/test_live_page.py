"""The live page's container in the Compose stack."""

import functools
import json
from pathlib import Path

import pytest
import requests

from embedded.waiting import wait_until
from tests.e2e.stack import LONG_RUNNING, SECONDS, Stack

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.timeout(900)]
MOST_BYTES_OVER_THE_BASE = 25_000_000


def test_the_live_page_responds_on_its_port_and_only_on_loopback(stack: Stack) -> None:
    wait_until(lambda: stack.state("dashboard") == "running healthy", "the live page to be healthy", SECONDS)
    assert requests.get(f"{stack.page_url}/health", timeout=10).status_code == 200
    page = requests.get(stack.page_url, headers={"Accept": "text/html"}, timeout=10)
    assert page.status_code == 200
    assert page.text.rstrip().startswith("<!doctype html>")
    assert stack.compose("port", "dashboard", "5001").strip() == f"127.0.0.1:{stack.settings['DASHBOARD_PORT']}"


def test_the_image_of_the_live_page_has_at_most_25_mb_over_the_python_image(stack: Stack, tmp_path: Path) -> None:
    base = json.loads(stack.compose("config", "--format", "json"))["services"]["dashboard"]["build"]["args"]
    # With a label, so that it is another image than the one that it is made from, and can be removed.
    (tmp_path / "Dockerfile").write_text(f"FROM {base['PYTHON_IMAGE']}\nLABEL petalstream.test=base\n")
    image = stack.docker("build", "--quiet", str(tmp_path))
    try:
        sizes = [
            int(stack.docker("image", "inspect", "--format", "{{.Size}}", each))
            for each in (image, stack.inspect("dashboard", "{{.Image}}"))
        ]
    finally:
        stack.docker("image", "rm", image)
    assert sizes[1] - sizes[0] <= MOST_BYTES_OVER_THE_BASE


def assigned_partitions(stack: Stack) -> list[str]:
    """What the consumer's metrics say of the partitions that it has."""
    name = "petalstream_consumer_assigned_partitions{"
    return [line for line in stack.ask_consumer("/metrics").splitlines() if line.startswith(name)]


def logged_errors(stack: Stack) -> int:
    """How many errors the others have logged."""
    return sum(stack.compose("logs", "--no-log-prefix", service).count(" ERROR ") for service in ("api", "consumer"))


@pytest.mark.long
def test_restarting_the_live_page_changes_nothing_for_the_others(stack: Stack) -> None:
    others = [service for service in LONG_RUNNING if service != "dashboard"]
    for service in LONG_RUNNING:
        wait_until(functools.partial(stack.up_and_well, service), f"{service} to be well", SECONDS)
    started = {service: stack.inspect(service, "{{.State.StartedAt}}") for service in others}
    partitions, errors = assigned_partitions(stack), logged_errors(stack)
    stack.compose("restart", "dashboard")
    more = functools.partial(stack.has_predicted, stack.predictions() + 10)
    wait_until(more, "predictions after the live page was restarted", SECONDS)
    wait_until(lambda: stack.state("dashboard") == "running healthy", "the live page to be healthy again", SECONDS)
    assert {service: stack.inspect(service, "{{.State.StartedAt}}") for service in others} == started
    assert assigned_partitions(stack) == partitions
    assert logged_errors(stack) == errors


@pytest.mark.long
def test_make_history_lists_the_served_version(stack: Stack) -> None:
    assert stack.current in stack.make("history", "MODEL=iris").stdout


def test_make_watch_without_a_terminal_shows_the_state_once_and_leaves_no_process(stack: Stack) -> None:
    shown = stack.make("watch").stdout
    assert shown.count("Consumer group") == 1
    assert "services.dashboard.watch" not in stack.compose("top", "dashboard")
