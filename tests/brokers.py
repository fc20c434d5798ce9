"""Real Kafka brokers as local processes: one that the tests of a process share, and one for a test that harms it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from embedded import jars, node, ports
from embedded.jars import JarError
from embedded.processes import Child, Processes
from embedded.waiting import wait_until
from petalstream.lifecycle import Stop
from petalstream.settings import Servers

SECONDS = 30
LOG_TAIL = 4_000  # characters of a log that pytest shows where a test has failed


class LocalBroker:
    """A broker that can be killed and started again with what it kept in `folder`."""

    def __init__(self, processes: Processes, folder: Path) -> None:
        self.folder, self.port = folder, ports.free_port()
        self._processes = processes
        self._child: Child | None = None

    @property
    def servers(self) -> Servers:
        """The broker's address."""
        return Servers(f"127.0.0.1:{self.port}")

    def start(self, more_properties: str = "") -> None:
        """Start the broker, with more lines of its configuration, and wait until it answers."""
        self._child = node.start(
            self._processes, jars.CACHE, self.folder, self.port, ports.free_port(), more_properties=more_properties
        )

    def kill(self) -> None:
        """Send SIGKILL to the broker and wait for its end."""
        assert self._child
        kill(self._processes, self._child)
        self._child = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The broker reads nothing and answers nothing, while its connections stay."""
        assert self._child
        with paused(self._child):
            yield

    def delete_topics(self) -> None:
        """Delete every topic but Kafka's own, and wait until none is listed."""
        admin = AdminClient({"bootstrap.servers": self.servers})
        for deleted in (admin.delete_topics(found) if (found := _topics(admin)) else {}).values():
            deleted.result(SECONDS)
        wait_until(lambda: not _topics(admin), "the topics of the test before to be deleted", SECONDS)

    def log_tail(self) -> str:
        """The end of the broker's log."""
        return (self.folder / "broker.log").read_text(errors="replace")[-LOG_TAIL:]


def _topics(admin: AdminClient) -> list[str]:
    return [name for name in admin.list_topics(timeout=SECONDS).topics if not name.startswith("__")]


def kill(processes: Processes, child: Child) -> None:
    """Send SIGKILL to a child and all its own children, and wait for its end, which is no failure then."""
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait(10)
    processes.forget(child)


@contextmanager
def paused(child: Child) -> Iterator[None]:
    """A child and all its own children do nothing, while they and their connections stay."""
    os.killpg(child.process.pid, signal.SIGSTOP)
    # The system reports it once every thread has stopped, until when one may still answer a request.
    stopped = os.WSTOPPED | os.WNOHANG
    wait_until(lambda: os.waitid(os.P_PID, child.process.pid, stopped), f"{child.name} to stop", SECONDS)
    try:
        yield
    finally:
        os.killpg(child.process.pid, signal.SIGCONT)


@contextmanager
def started_broker(folder: Path) -> Iterator[LocalBroker]:
    """A broker that answers, stopped at the end."""
    with Processes(Stop()) as processes:
        broker = LocalBroker(processes, folder)
        broker.start()
        yield broker


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """The verified jars of Kafka."""
    try:
        return jars.fetch()
    except JarError as error:
        pytest.skip(f"these tests need Apache Kafka: {error}")


@pytest.fixture(scope="session")
def shared_broker(kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """The broker that all tests of this pytest process share which do not harm it."""
    with started_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def kafka_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalBroker]:
    """A broker without topics: the shared one, or one of the test's own where it is marked `own_broker`."""
    if request.node.get_closest_marker("own_broker"):
        request.getfixturevalue("kafka_jars")
        with started_broker(tmp_path / "kafka") as own:
            yield own
    else:
        shared: LocalBroker = request.getfixturevalue("shared_broker")
        shared.delete_topics()
        yield shared
