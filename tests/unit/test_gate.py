"""So many requests at work, so many waiting, and no more."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded.waiting import wait_until
from services.api.gateway import admission as room
from services.api.gateway.admission import ConcurrencyLimit


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that come to a gate."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_whoever_comes_beyond_those_at_work_and_waiting_is_turned_away_at_once(pool: ThreadPoolExecutor) -> None:
    gate = ConcurrencyLimit(working=2, waiting=1)
    assert gate.acquire()
    assert gate.acquire()
    two = [pool.submit(gate.acquire) for _ in range(2)]
    # One of the two waits for a turn; the other finds its place taken and is told so while nobody has left yet.
    wait_until(lambda: sum(each.done() for each in two) == 1, "one of them to be turned away", 10)
    assert [each.result() for each in two if each.done()] == [False]
    gate.release()
    assert sorted(each.result(10) for each in two) == [False, True]


def test_a_thread_that_refuses_lets_nobody_in_and_takes_no_place() -> None:
    gate = ConcurrencyLimit(working=1, waiting=0)
    with ThreadPoolExecutor(1, initializer=room.close_here) as refusing:
        assert not any(refusing.map(lambda _: gate.acquire(), range(10)))
    assert gate.acquire()


def test_a_turn_that_is_given_up_is_the_next_ones(pool: ThreadPoolExecutor) -> None:
    gate = ConcurrencyLimit(working=1, waiting=0)
    for _ in range(1_000):
        assert gate.acquire()
        assert not gate.acquire()
        gate.release()
    assert gate.acquire()


def test_never_more_are_at_work_than_may_be(pool: ThreadPoolExecutor) -> None:
    gate, lock = ConcurrencyLimit(working=3, waiting=5), threading.Lock()
    at_work, most = 0, 0

    def work() -> None:
        nonlocal at_work, most
        for _ in range(200):
            if not gate.acquire():
                continue
            with lock:
                at_work += 1
                most = max(most, at_work)
            with lock:
                at_work -= 1
            gate.release()

    for done in [pool.submit(work) for _ in range(8)]:
        done.result(60)
    assert 1 <= most <= 3
    assert at_work == 0


def test_whoever_waits_too_long_for_a_turn_gives_its_place_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TURN_SECONDS", 0.05)
    gate = ConcurrencyLimit(working=1, waiting=1)
    assert gate.acquire()
    for _ in range(3):
        assert not gate.acquire()
    gate.release()
    assert gate.acquire()


def test_whoever_comes_as_a_turn_is_given_up_is_behind_who_has_waited_for_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        gate = ConcurrencyLimit(working=1, waiting=1)
        assert gate.acquire()
        two = [pool.submit(gate.acquire) for _ in range(2)]
        # One of the two is turned away since the other waits.
        wait_until(lambda: any(each.done() for each in two), "one of them to be turned away", 10)  # noqa: B023
        gate.release()
        with monkeypatch.context() as briefly:
            briefly.setattr(room, "TURN_SECONDS", 0.01)
            assert not gate.acquire()
        assert sorted(each.result(10) for each in two) == [False, True]
