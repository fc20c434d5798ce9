"""So many requests at work, and nobody in a thread that refuses."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.api import gate as room
from services.api.gate import Gate


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that come to a gate."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_whoever_comes_while_all_are_at_work_waits_for_a_turn(pool: ThreadPoolExecutor) -> None:
    gate = Gate(working=2)
    assert gate.enter()
    assert gate.enter()
    third = pool.submit(gate.enter)
    with pytest.raises(TimeoutError):
        third.result(0.2)
    gate.leave()
    assert third.result(10)


def test_a_thread_that_refuses_lets_nobody_in_and_takes_no_turn() -> None:
    gate = Gate(working=1)
    with ThreadPoolExecutor(1, initializer=room.close_here) as refusing:
        assert not any(refusing.map(lambda _: gate.enter(), range(10)))
    assert gate.enter()


def test_a_turn_that_is_given_up_is_the_next_ones() -> None:
    gate = Gate(working=1)
    for _ in range(1_000):
        assert gate.enter()
        gate.leave()
    assert gate.enter()


def test_never_more_are_at_work_than_may_be(pool: ThreadPoolExecutor) -> None:
    gate, lock = Gate(working=3), threading.Lock()
    at_work, most = 0, 0

    def work() -> None:
        nonlocal at_work, most
        for _ in range(200):
            assert gate.enter()
            with lock:
                at_work += 1
                most = max(most, at_work)
            with lock:
                at_work -= 1
            gate.leave()

    for done in [pool.submit(work) for _ in range(8)]:
        done.result(60)
    assert 1 <= most <= 3
    assert at_work == 0


def test_whoever_waits_too_long_for_a_turn_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TURN_SECONDS", 0.05)
    gate = Gate(working=1)
    assert gate.enter()
    for _ in range(3):
        assert not gate.enter()
    gate.leave()
    assert gate.enter()
