"""A worker and clients that do not read their responses."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from services.api.server import worker


def test_a_client_that_reads_nothing_of_a_large_response_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SEND_SECONDS", 0.05)
    ours, deaf = socket.socketpair()
    connection: Any = SimpleNamespace(sock=ours)
    with ours, deaf, pytest.raises(TimeoutError):
        worker.send_rest(connection, bytes(10_000_000))


def test_a_client_that_reads_its_response_in_time_keeps_its_connection() -> None:
    ours, client = socket.socketpair()
    connection: Any = SimpleNamespace(sock=ours)
    with ours, client:
        assert worker.send_rest(connection, b"the rest")
        assert client.recv(100) == b"the rest"
