"""What stands in the way of a command is told in one line, with what to do, and nothing is left half made."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.ports import free_port
from tests.checkouts import fresh_copy, outer_environment
from tests.listeners import listen


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A copy of the project's files without what commands have made in it."""
    return fresh_copy(root, tmp_path)


def make(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", *arguments],
        cwd=checkout,
        env={**outer_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def told(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line that the command wrote before make's own."""
    assert ended.returncode != 0
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_without_a_network_the_first_demo_says_so_and_leaves_nothing(checkout: Path) -> None:
    before = sorted(path.name for path in checkout.iterdir())
    offline = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }
    ended = make(checkout, "demo", **offline)
    advice = "check the network or proxy that pip uses, and run the command again"
    assert told(ended).startswith(f"setting up Python failed: {advice} (the last words were: ERROR: ")
    assert sorted(path.name for path in checkout.iterdir()) == before


def test_without_a_network_kafkas_jars_cannot_be_had_and_nothing_is_left(checkout: Path, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    proxies = {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "", "no_proxy": ""}
    ended = subprocess.run(
        [sys.executable, "-m", "embedded.jars"],
        cwd=checkout,
        env={**os.environ, **proxies, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert told(ended).startswith("Kafka's jars cannot be had: check network and proxy, and try again (")
    assert list((checkout / ".cache").iterdir()) == []


def test_a_python_that_is_too_old_is_told_so(checkout: Path) -> None:
    old = (
        "import sys; sys.version_info = (3, 9, 6); import runpy; sys.argv = ['bootstrap', 'embedded/requirements.txt']"
    )
    run = f"{old}; runpy.run_path('embedded/bootstrap.py', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-c", run], cwd=checkout, capture_output=True, text=True, timeout=60, check=False
    )
    assert told(ended).startswith("Python 3.11 or newer is needed and this is 3.9: ")
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_told_so(checkout: Path) -> None:
    ended = make(checkout, "demo", "PYTHON=/nowhere/python3")
    assert ended.returncode != 0
    assert "/nowhere/python3 was not found: install Python 3.11 or newer" in ended.stderr


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with all of the shell's tools but docker, to be the whole PATH of a command."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for tool in ("bash", "dirname", "env", "sed", "sh", "tail", "tr"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return folder


@pytest.mark.parametrize("target", ["up", "down", "clean", "train", "logs"])
def test_without_docker_a_command_of_the_stack_says_so(checkout: Path, tools: Path, target: str) -> None:
    ended = make(checkout, target, PATH=str(tools))
    assert told(ended).startswith("petalstream: Docker is not installed: ")


def test_without_python_and_docker_a_command_of_both_says_so(checkout: Path, tools: Path) -> None:
    ended = make(checkout, "check", "MODEL=iris", PATH=str(tools))
    assert told(ended).startswith("petalstream: neither python3 nor Docker was found: ")


def test_without_an_engine_make_up_says_so(checkout: Path, tmp_path: Path) -> None:
    if not shutil.which("docker"):
        pytest.skip("install Docker's command line (package docker.io) to run this test")
    ended = make(checkout, "up", DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert told(ended).startswith("petalstream: no Docker engine answers: ")


def docker_that(tools: Path, succeeds: str) -> None:
    """Put a docker among the tools that does nothing, and succeeds for some commands only."""
    docker = tools / "docker"
    docker.write_text(f"#!/bin/sh\n{succeeds}\n")
    docker.chmod(0o755)


def test_without_compose_v2_make_up_says_so(checkout: Path, tools: Path) -> None:
    docker_that(tools, "[ $1 = info ]")
    ended = make(checkout, "up", PATH=f"{tools}:{os.environ['PATH']}")
    assert told(ended).startswith("petalstream: Docker has no Compose v2: ")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::"])
@pytest.mark.parametrize("setting", ["API_PORT", "KAFKA_PORT", "DASHBOARD_PORT"])
def test_make_up_names_a_port_in_use_and_its_setting(checkout: Path, tools: Path, setting: str, address: str) -> None:
    docker_that(tools, "[ $1 = info ] || [ $2 = version ]")
    with listen(address) as server:
        port = server.getsockname()[1]
        settings = {name: str(free_port()) for name in ("API_PORT", "KAFKA_PORT", "DASHBOARD_PORT")} | {
            setting: str(port)
        }
        ended = make(checkout, "up", PATH=f"{tools}:{os.environ['PATH']}", **settings)
    assert told(ended) == (f"petalstream: port {port} is in use: choose another, as in `make up {setting}={port + 1}`")


def test_make_up_names_two_settings_of_one_port(checkout: Path, tools: Path) -> None:
    docker_that(tools, "[ $1 = info ] || [ $2 = version ]")
    port = free_port()
    settings = {"API_PORT": str(port), "KAFKA_PORT": str(free_port()), "DASHBOARD_PORT": str(port)}
    ended = make(checkout, "up", PATH=f"{tools}:{os.environ['PATH']}", **settings)
    advice = f"choose another, as in `make up DASHBOARD_PORT={port + 1}`"
    assert told(ended) == f"petalstream: API_PORT and DASHBOARD_PORT are both {port}: {advice}"


def test_make_up_does_not_propose_the_port_of_the_live_page(checkout: Path, tools: Path) -> None:
    docker_that(tools, "[ $1 = info ] || [ $2 = version ]")
    with listen("127.0.0.1") as server:
        port = server.getsockname()[1]
        settings = {"API_PORT": str(port), "KAFKA_PORT": str(free_port()), "DASHBOARD_PORT": str(port + 1)}
        ended = make(checkout, "up", PATH=f"{tools}:{os.environ['PATH']}", **settings)
    assert told(ended) == f"petalstream: port {port} is in use: choose another, as in `make up API_PORT={port + 2}`"


def with_the_proxy(tools: Path, certificate: Path) -> str:
    """A PATH whose docker knows of a proxy and its certificate."""
    docker_that(
        tools,
        'case "$*" in\n'
        '  info | "compose version") ;;\n'
        '  "compose config --services") printf "api\\nproxy\\n" ;;\n'
        f'  "compose config") printf "  tls_cert:\\n    name: tls_cert\\n    file: {certificate}\\n" ;;\n'
        "  *) exit 1 ;;\n"
        "esac",
    )
    return f"{tools}:{os.environ['PATH']}"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_with_the_proxy_it_is_its_port_that_must_be_free(checkout: Path, tools: Path, address: str) -> None:
    with listen(address) as server:
        port = server.getsockname()[1]
        ended = make(checkout, "up", PATH=with_the_proxy(tools, tools), HTTPS_PORT=str(port))
    assert told(ended) == f"petalstream: port {port} is in use: choose another, as in `make up HTTPS_PORT={port + 1}`"


def told_of(certificate: Path, checkout: Path, tools: Path) -> str:
    """What is told of a certificate where only the api's port is taken, which the proxy does not need."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        free = {name: str(free_port()) for name in ("HTTPS_PORT", "KAFKA_PORT", "DASHBOARD_PORT")}
        return told(make(checkout, "up", PATH=with_the_proxy(tools, certificate), API_PORT=taken, **free))


def test_a_certificate_that_is_not_there_is_told_before_anything_is_built(checkout: Path, tools: Path) -> None:
    certificate = checkout / "cert.pem"
    advice = "deploy/README.md says what belongs there, and how to name another"
    assert told_of(certificate, checkout, tools) == f"petalstream: there is no file {certificate}: {advice}"


@pytest.mark.skipif(sys.platform != "linux", reason="Docker Desktop does not ask who owns a file")
def test_a_key_that_the_container_could_not_read_is_told_before_anything_is_built(checkout: Path, tools: Path) -> None:
    key = checkout / "key.pem"
    key.touch(0o600)
    told = f"petalstream: {key} is not readable for the containers' user, 10001: "
    assert told_of(key, checkout, tools).startswith(told)


def test_a_rollback_asks_which_model() -> None:
    root = Path(__file__).parents[3]
    ended = make(root, "rollback")
    assert ended.returncode != 0
    assert ended.stderr.rstrip().endswith("which model? Name it, as in: make rollback MODEL=iris.  Stop.")
