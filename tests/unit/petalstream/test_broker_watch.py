"""The watch of the broker: what it logs of a connection that is lost and comes back, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from embedded.waiting import wait_until
from petalstream.broker import BrokerWatch, watch

SECONDS = 10
AWAY, BACK = "no broker can be reached", "a broker is connected again after"


class Connection:
    """Whether a client is connected, as a test says."""

    def __init__(self, state: bool | None) -> None:
        self.state, self.looks = state, 0

    def is_connected(self) -> bool | None:
        self.looks += 1
        return self.state

    def look(self, times: int = 3) -> None:
        """Wait until the watch has looked so many times more."""
        wanted = self.looks + times
        wait_until(lambda: self.looks >= wanted, f"{times} looks", SECONDS)


@contextmanager
def watching(connection: Connection, log_seconds: float = 60) -> Iterator[BrokerWatch]:
    """A watch of the connection, closed at the end."""
    found = BrokerWatch("one:9092,two:9092", connection.is_connected, log_seconds).start()
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look a hundred times a second, and report at once."""
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(watch, "GRACE_SECONDS", 0)


def test_an_outage_is_logged_once_and_its_end_too_with_the_servers(caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(True)
    with watching(connection) as found:
        connection.look()
        assert not found.is_away
        connection.state = False
        wait_until(lambda: found.is_away, "the outage", SECONDS)
        connection.look(10)
        connection.state = True
        wait_until(lambda: not found.is_away, "its end", SECONDS)
        connection.look(10)
    away, back = caplog.messages
    assert away.startswith(f"Kafka at one:9092,two:9092: {AWAY}")
    assert back.startswith(f"Kafka at one:9092,two:9092: {BACK}")


def test_a_long_outage_is_logged_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    with watching(Connection(False), log_seconds=0.05):
        wait_until(lambda: sum(AWAY in line for line in caplog.messages) >= 3, "three lines", SECONDS)


def test_a_connection_that_is_replaced_soon_is_no_outage(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "GRACE_SECONDS", SECONDS)
    connection = Connection(False)
    with watching(connection):
        connection.look(10)
        connection.state = True
        connection.look()
    assert caplog.messages == []


def test_nothing_is_said_before_a_client_exists(caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(None)
    with watching(connection) as found:
        connection.look(10)
        assert not found.is_away
    assert caplog.messages == []


def test_a_new_client_has_time_to_connect_after_a_broker_has_answered_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(watch, "GRACE_SECONDS", 3)
    connection = Connection(None)
    found = BrokerWatch("one:9092", connection.is_connected)

    def look_each_second(times: int) -> list[bool]:
        seen = []
        for _ in range(times):
            clock.now += 1
            found._look()
            seen.append(found.is_away)
        return seen

    assert look_each_second(10) == [False] * 10
    connection.state = False
    found.note_answer()
    assert look_each_second(4) == [False, False, True, True]
