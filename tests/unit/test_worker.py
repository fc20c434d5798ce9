"""What a worker does for clients that do not take their answers."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from services.api.server import worker


def test_a_client_that_takes_nothing_of_a_large_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TAKE_SECONDS", 0.05)
    ours, deaf = socket.socketpair()
    connection: Any = SimpleNamespace(sock=ours)
    with ours, deaf, pytest.raises(TimeoutError):
        worker.send_on(connection, bytes(10_000_000))


def test_a_client_that_takes_its_answer_in_time_keeps_its_connection() -> None:
    ours, client = socket.socketpair()
    connection: Any = SimpleNamespace(sock=ours)
    with ours, client:
        assert worker.send_on(connection, b"the rest")
        assert client.recv(100) == b"the rest"
