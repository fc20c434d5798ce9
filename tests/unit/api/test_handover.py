"""When a worker may leave after SIGHUP."""

import asyncio
import os
import signal
from copy import copy
from types import SimpleNamespace

import pytest

from embedded.waiting import wait_until
from services.api.server.handover import Handover
from services.api.telemetry import worker_slot

WORKERS = 2


@pytest.fixture
def handover(monkeypatch: pytest.MonkeyPatch) -> Handover:
    """As an old worker sees it, which has served in slot 0."""
    monkeypatch.setattr(worker_slot, "number", 0)
    found = Handover()
    found.join()
    found.serve()
    return found


def serve_anew(handover: Handover, slot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve as a new worker in that slot, which has the same memory."""
    newer = copy(handover)
    monkeypatch.setattr(worker_slot, "number", slot)
    newer.join()
    newer.serve()


def test_without_a_reload_a_worker_may_leave(handover: Handover) -> None:
    assert handover.may_leave(WORKERS)


def test_after_a_reload_a_worker_may_leave_once_all_new_ones_serve(
    handover: Handover, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover.begin()
    seen = [handover.may_leave(WORKERS)]
    for slot in (2, 3):
        serve_anew(handover, slot, monkeypatch)
        seen.append(handover.may_leave(WORKERS))
    handover.forget(3)
    assert [*seen, handover.may_leave(WORKERS)] == [False, False, True, False]


def test_a_worker_may_leave_only_for_newer_ones(handover: Handover, monkeypatch: pytest.MonkeyPatch) -> None:
    serve_anew(handover, 1, monkeypatch)
    serve_anew(handover, 4000, monkeypatch)  # beyond what is kept
    handover.begin()
    assert not handover.may_leave(WORKERS)


@pytest.mark.parametrize("signals", [1, 2])
def test_sigterm_waits_for_new_workers_unless_it_comes_twice(
    handover: Handover, monkeypatch: pytest.MonkeyPatch, signals: int
) -> None:
    async def stop() -> bool:
        stopped = list[bool]()
        loop = asyncio.get_running_loop()
        handover.stop_after(
            SimpleNamespace(
                loop=loop,
                cfg=SimpleNamespace(workers=1),
                handle_exit_signal=lambda: stopped.append(handover.may_leave(1)),
            )
        )
        handover.begin()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(30):
            while len(asyncio.all_tasks()) < 2:  # this one, and the one that waits for new workers
                await asyncio.sleep(0)
        assert stopped == []
        if signals == 1:
            serve_anew(handover, 2, monkeypatch)
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.to_thread(wait_until, lambda: bool(stopped), "the worker to stop", 30)
        loop.remove_signal_handler(signal.SIGTERM)
        return stopped[0]

    assert asyncio.run(stop()) == (signals == 1)
