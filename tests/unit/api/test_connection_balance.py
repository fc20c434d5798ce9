"""Which worker takes a new connection."""

import pytest

from services.api.server.connection_balance import LEAVE_SECONDS, ConnectionBalance
from services.api.telemetry import worker_slot


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def balance(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> ConnectionBalance:
    """As the worker in slot 0 sees them; the one in slot 1 has two connections."""
    balance = ConnectionBalance(clock)
    monkeypatch.setattr(worker_slot, "number", 1)
    balance.publish(2)
    monkeypatch.setattr(worker_slot, "number", 0)
    return balance


@pytest.mark.parametrize(("connections", "leaves"), [(1, False), (2, False), (3, True)])
def test_a_worker_leaves_a_connection_to_one_that_has_fewer(
    balance: ConnectionBalance, connections: int, leaves: bool
) -> None:
    balance.publish(connections)
    assert balance.should_leave(connections) == leaves


def test_a_worker_that_is_alone_takes_every_connection() -> None:
    balance = ConnectionBalance()
    balance.publish(50)
    assert not balance.should_leave(50)


def test_what_the_others_do_not_take_in_time_is_taken(balance: ConnectionBalance, clock: Clock) -> None:
    assert balance.should_leave(3)
    clock.now += LEAVE_SECONDS / 2
    assert balance.should_leave(3)
    clock.now += LEAVE_SECONDS
    assert not balance.should_leave(3)


def test_the_time_begins_anew_with_the_next_connection(balance: ConnectionBalance, clock: Clock) -> None:
    assert balance.should_leave(3)
    clock.now += 2 * LEAVE_SECONDS
    assert not balance.should_leave(3)
    assert balance.should_leave(4)


def test_a_connection_that_others_took_counts_nothing_for_a_later_one(balance: ConnectionBalance, clock: Clock) -> None:
    assert balance.should_leave(3)
    clock.now += 1
    assert balance.should_leave(3)


def test_nothing_is_left_to_a_worker_that_is_gone(balance: ConnectionBalance) -> None:
    balance.forget(1)
    assert not balance.should_leave(3)


def test_a_worker_beyond_those_that_there_is_room_for_takes_every_connection(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    balance = ConnectionBalance(clock)
    monkeypatch.setattr(worker_slot, "number", 100_000)
    balance.publish(7)
    balance.forget(100_000)
    assert not balance.should_leave(7)
