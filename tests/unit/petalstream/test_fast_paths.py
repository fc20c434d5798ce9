"""What has come over a connection is read at once, and its end is told as the client tells of it."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka.errors import KafkaConnectionError

from petalstream.broker.kafka_python.fast_paths import READ_BYTES, received

CAME = b"x" * 50_000


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection; neither blocks."""
    own, other = socket.socketpair()
    with closing(own), closing(other):
        own.setblocking(False)
        other.setblocking(False)
        yield own, other


def test_what_came_is_one_piece(ends: tuple[socket.socket, socket.socket]) -> None:
    own, other = ends
    other.sendall(CAME)
    assert received(own) == (CAME, None)
    assert len(CAME) < READ_BYTES


def test_where_nothing_came_nothing_is_wrong(ends: tuple[socket.socket, socket.socket]) -> None:
    assert received(ends[0]) == (b"", None)


def test_a_connection_that_the_broker_has_closed_is_an_error_after_what_came(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    own, other = ends
    other.sendall(CAME)
    other.close()
    assert received(own) == (CAME, None)
    data, error = received(own)
    assert data == b""
    assert isinstance(error, KafkaConnectionError)


def test_a_connection_that_was_closed_on_this_side_is_an_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].close()
    assert isinstance(received(ends[0])[1], KafkaConnectionError)
