"""The live page asks ZooKeeper how it is; whatever it responds becomes a state with its reason."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from embedded.ports import free_port
from services.dashboard.snapshot import Condition
from services.dashboard.status import zookeeper
from services.dashboard.status.zookeeper import ask_zookeeper

SRVR = b"Zookeeper version: 3.8.4, built on 2024-02-12\nLatency min/avg/max: 0/0.5/12\nMode: %s\nNode count: 5\n"


@contextmanager
def a_server(answer: bytes, hangs: bool = False) -> Iterator[str]:
    """A TCP server that answers `srvr` to one client, and then leaves the connection open if it `hangs`."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(4) == b"srvr"
                connection.sendall(answer)
                if hangs:
                    ended.wait(10)

        thread = threading.Thread(target=answer_once)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("mode", ["standalone", "leader", "follower"])
def test_zookeeper_tells_its_mode(mode: str) -> None:
    with a_server(SRVR % mode.encode()) as server:
        part = ask_zookeeper(server)
    assert (part.name, part.condition) == (f"ZooKeeper at {server}", Condition.GOOD)
    assert (part.state, part.words) == ("serving", mode)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"srvr is not executed because it is not in the whitelist.\n", "not in the whitelist"),
        (b"This ZooKeeper instance is not currently serving requests\n", "not currently serving"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n\xff\x1b[2J", "400 Bad Request"),
        (b"", ""),
    ],
)
def test_a_zookeeper_that_refuses_is_not_serving(answer: bytes, words: str) -> None:
    with a_server(answer) as server:
        part = ask_zookeeper(server)
    assert (part.condition, part.state) == (Condition.BAD, "not serving")
    assert words in part.words
    assert part.words.isprintable()


@pytest.mark.parametrize("answer", [b"", SRVR % b"standalone"])
def test_a_zookeeper_that_keeps_the_connection_is_waited_for_within_a_bound(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zookeeper, "SECONDS", 0.3)
    with a_server(answer, hangs=True) as server:
        began = time.monotonic()
        part = ask_zookeeper(server)
        assert time.monotonic() - began < 2
    assert part.condition is (Condition.GOOD if answer else Condition.BAD)


def test_no_zookeeper_is_not_reachable() -> None:
    for server in (f"127.0.0.1:{free_port()}", "zookeeper", "127.0.0.1:port", "127.0.0.1:99999999"):
        part = ask_zookeeper(server)
        assert (part.condition, part.state) == (Condition.BAD, "not reachable")
        assert part.words
