"""The concurrency limit."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded.waiting import wait_until
from services.api.gateway import admission
from services.api.gateway.admission import ConcurrencyLimit


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for the requests."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_requests_above_the_limit_are_rejected_immediately(pool: ThreadPoolExecutor) -> None:
    limit = ConcurrencyLimit(most_running=2, most_waiting=1)
    assert limit.acquire()
    assert limit.acquire()
    two = [pool.submit(limit.acquire) for _ in range(2)]
    # One of the two waits; the other is rejected before any request ends.
    wait_until(lambda: sum(each.done() for each in two) == 1, "one of them to be rejected", 10)
    assert [each.result() for each in two if each.done()] == [False]
    limit.release()
    assert sorted(each.result(10) for each in two) == [False, True]


def test_a_thread_that_rejects_admits_no_request_and_takes_no_place() -> None:
    limit = ConcurrencyLimit(most_running=1, most_waiting=0)
    with ThreadPoolExecutor(1, initializer=admission.reject_in_this_thread) as rejecting:
        assert not any(rejecting.map(lambda _: limit.acquire(), range(10)))
    assert limit.acquire()


def test_the_next_request_is_admitted_when_one_ends(pool: ThreadPoolExecutor) -> None:
    limit = ConcurrencyLimit(most_running=1, most_waiting=0)
    for _ in range(1_000):
        assert limit.acquire()
        assert not limit.acquire()
        limit.release()
    assert limit.acquire()


def test_never_more_requests_run_than_the_limit(pool: ThreadPoolExecutor) -> None:
    limit, lock = ConcurrencyLimit(most_running=3, most_waiting=5), threading.Lock()
    running, most = 0, 0

    def work() -> None:
        nonlocal running, most
        for _ in range(200):
            if not limit.acquire():
                continue
            with lock:
                running += 1
                most = max(most, running)
            with lock:
                running -= 1
            limit.release()

    for done in [pool.submit(work) for _ in range(8)]:
        done.result(60)
    assert 1 <= most <= 3
    assert running == 0


def test_a_request_that_waits_too_long_is_rejected_and_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "WAIT_SECONDS", 0.05)
    limit = ConcurrencyLimit(most_running=1, most_waiting=1)
    assert limit.acquire()
    for _ in range(3):
        assert not limit.acquire()
    limit.release()
    assert limit.acquire()


def test_a_request_that_arrives_as_another_ends_does_not_overtake_a_waiting_one(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        limit = ConcurrencyLimit(most_running=1, most_waiting=1)
        assert limit.acquire()
        two = [pool.submit(limit.acquire) for _ in range(2)]
        # One of the two is rejected since the other waits.
        wait_until(lambda: any(each.done() for each in two), "one of them to be rejected", 10)  # noqa: B023
        limit.release()
        with monkeypatch.context() as briefly:
            briefly.setattr(admission, "WAIT_SECONDS", 0.01)
            assert not limit.acquire()
        assert sorted(each.result(10) for each in two) == [False, True]
