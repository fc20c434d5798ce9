"""Which connections a worker closes for others to get them."""

import pytest

from services.api.server.shares import Shares
from services.api.telemetry import worker_slot

OTHER, OWN = 1, 0


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> Shares:
    """As the worker in slot 0 sees them; the one in slot 1 has two connections."""
    found = Shares()
    monkeypatch.setattr(worker_slot, "number", OTHER)
    serve(found, 2)
    found.compare()
    monkeypatch.setattr(worker_slot, "number", OWN)
    return found


def serve(shares: Shares, connections: int) -> int:
    """Count a request on each of so many connections; how many of them are to be closed."""
    return sum(shares.should_leave(("127.0.0.1", 40_000 + number)) for number in range(connections))


@pytest.mark.parametrize(("connections", "leave"), [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (30, 14)])
def test_those_above_a_fair_share_are_closed(shares: Shares, connections: int, leave: int) -> None:
    assert serve(shares, connections) == 0
    shares.compare()
    assert serve(shares, connections) == leave


def test_a_connection_counts_once_however_often_it_is_used(shares: Shares) -> None:
    for _ in range(100):
        assert serve(shares, 2) == 0
    shares.compare()
    assert serve(shares, 2) == 0


def test_a_worker_that_is_alone_keeps_every_connection() -> None:
    shares = Shares()
    serve(shares, 50)
    shares.compare()
    assert serve(shares, 50) == 0


def test_nothing_is_left_to_a_worker_that_is_gone(shares: Shares) -> None:
    shares.forget(OTHER)
    serve(shares, 30)
    shares.compare()
    assert serve(shares, 30) == 0


def test_a_new_worker_gets_half_of_what_the_old_one_has(shares: Shares, monkeypatch: pytest.MonkeyPatch) -> None:
    shares.forget(OTHER)
    monkeypatch.setattr(worker_slot, "number", OTHER)
    shares.compare()
    monkeypatch.setattr(worker_slot, "number", OWN)
    serve(shares, 30)
    shares.compare()
    assert serve(shares, 30) == 15


def test_workers_beyond_those_that_there_is_room_for_close_no_connection(
    shares: Shares, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_slot, "number", 100_000)
    serve(shares, 30)
    shares.compare()
    shares.forget(100_000)
    assert serve(shares, 30) == 0
