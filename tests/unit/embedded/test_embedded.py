"""The parts of the demo that need no broker: waiting, processes, jars, ports."""

import socket
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from embedded import jars, ports
from embedded.demo import Demo
from embedded.demo_ports import PortInUse, ports_of
from embedded.jars import JarError
from embedded.processes import Child, ChildFailed, Processes, Stopped
from embedded.waiting import wait_until
from petalstream import settings
from petalstream.lifecycle import Stop
from petalstream.settings import Settings
from tests.listeners import has_ipv6_loopback, listen

FOREVER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_wait_ends_with_the_first_true_answer() -> None:
    answers = iter([0, "", 7])
    assert wait_until(lambda: next(answers), "seven", 5) == 7


def test_a_wait_in_vain_says_what_it_waited_for_and_what_it_last_saw() -> None:
    with pytest.raises(TimeoutError, match=r"waited 0\.2 s for rain; last saw \[\]"):
        wait_until(lambda: [], "rain", 0.2)


def test_children_are_stopped_when_the_context_is_left_by_an_error() -> None:
    children: list[Child] = []

    def start_and_fail(processes: Processes) -> None:
        with processes:
            children.extend(processes.start("sleeper", FOREVER, settings.inherited()) for _ in range(2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        start_and_fail(Processes(Stop()))
    assert len(children) == 2
    assert all(child.process.returncode is not None for child in children)


def test_a_child_and_its_own_children_are_stopped_together(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    parent = f"import subprocess; print(subprocess.Popen({FOREVER!r}).pid, file=open({str(pid)!r}, 'w'), flush=True)"
    with Processes(Stop()) as processes:
        processes.start(
            "parent", [sys.executable, "-c", parent + "; import time; time.sleep(60)"], settings.inherited()
        )
        grandchild = int(wait_until(lambda: pid.exists() and pid.read_text().strip(), "the grandchild", 20) or 0)
        assert _alive(grandchild)
    wait_until(lambda: not _alive(grandchild), "the grandchild to end", 10)


def _alive(pid: int) -> bool:
    return bool(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


def test_a_child_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('out of ink'); raise SystemExit(3)"]
    with Processes(Stop()) as processes:
        processes.start("the writer", command, settings.inherited(), tmp_path / "log")
        with pytest.raises(ChildFailed) as failed:
            processes.wait_until(lambda: False, "nothing", 20)
    assert str(failed.value) == "the writer ended with exit code 3\nout of ink"


def test_a_stop_ends_any_wait() -> None:
    stop = Stop()
    asking = threading.Timer(0.2, stop.request)
    asking.start()
    began = time.monotonic()
    with pytest.raises(Stopped), Processes(stop) as processes:
        processes.run("sleeper", FOREVER, settings.inherited(), 60)
    asking.join()
    assert time.monotonic() - began < 30


def test_the_pinned_jars_are_57_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    assert len(jars.pinned()) == 57
    for name in jars.pinned():
        (tmp_path / name).write_bytes(b"not a jar")
    with pytest.raises(JarError, match=r"\.jar is not the pinned jar \(sha256 .*\): delete .* and try again"):
        jars.fetch(tmp_path)


def test_a_lost_jar_is_named_with_the_folder_to_delete(tmp_path: Path) -> None:
    with pytest.raises(JarError, match=r"cannot be read .*: delete .* and try again"):
        jars.fetch(tmp_path)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_is_in_use_while_a_program_listens_on_either_loopback_address_or_on_all(address: str) -> None:
    with listen(address) as server:
        port = server.getsockname()[1]
        assert ports.in_use(port)
    assert not ports.in_use(port)


def test_a_free_port_is_free_on_both_loopback_addresses() -> None:
    for _ in range(20):
        port = ports.free_port()
        socket.create_server(("127.0.0.1", port)).close()
        if has_ipv6_loopback():
            socket.create_server(("::1", port), family=socket.AF_INET6).close()


def test_free_ports_differ_and_are_none_that_linux_gives_to_outgoing_connections() -> None:
    given = [ports.free_port() for _ in range(200)]
    assert len(set(given)) == 200
    assert max(given) < 32_768


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("setting", ["API_PORT", "KAFKA_PORT", "DASHBOARD_PORT"])
def test_a_demo_that_stays_up_refuses_a_port_in_use_and_names_its_setting(setting: str, address: str) -> None:
    with listen(address) as server:
        port = server.getsockname()[1]
        configured = Settings(**{"api_port": ports.free_port(), "kafka_port": ports.free_port(), setting.lower(): port})
        with pytest.raises(PortInUse) as refused:
            ports_of(configured, keep=True)
    assert str(refused.value) == f"port {port} is in use: choose another, as in `make demo KEEP=1 {setting}={port + 1}`"


def test_a_demo_that_stays_up_refuses_one_port_for_two_and_proposes_one_that_no_part_has() -> None:
    port = ports.free_port()
    configured = Settings(api_port=port, kafka_port=port + 1, consumer_health_port=0, dashboard_port=port)
    with pytest.raises(PortInUse) as refused:
        ports_of(configured, keep=True)
    advice = f"choose another, as in `make demo KEEP=1 DASHBOARD_PORT={port + 2}`"
    assert str(refused.value) == f"port {port} is in use as API_PORT: {advice}"


def test_a_demo_connects_to_the_address_that_its_services_listen_on(tmp_path: Path) -> None:
    configured = Settings(api_port=5001, kafka_port=9093)
    run = Demo(Processes(Stop()), configured, tmp_path)
    assert (run.url, run.servers) == (f"http://{configured.api_host}:5001", "127.0.0.1:9093")


def test_a_demo_that_ends_by_itself_takes_free_ports() -> None:
    chosen = ports_of(Settings(), keep=False)
    assert len({chosen.api_port, chosen.kafka_port, 5000, 9092}) == 4
