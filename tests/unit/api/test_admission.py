"""Places for requests: how many are handled at once, how many wait, and how many are for one model."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from services.api.gateway import admission
from services.api.gateway.admission import Places


async def begun(waiting: Coroutine[Any, Any, bool]) -> asyncio.Task[bool]:
    """A request that waits for its place by now."""
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    return task


def test_requests_above_the_limit_are_rejected_immediately() -> None:
    async def ask() -> None:
        places = Places(most_running=2, most_waiting=1)
        assert await places.acquire("iris")
        assert await places.acquire("iris")
        waits = await begun(places.acquire("iris"))
        assert not await places.acquire("iris")
        assert not waits.done()
        places.release("iris")
        assert await waits

    asyncio.run(ask())


def test_those_that_wait_are_admitted_in_the_order_of_arrival_and_overtaken_by_none() -> None:
    async def ask() -> None:
        places = Places(most_running=1, most_waiting=3)
        assert await places.acquire("iris")
        first, second = await begun(places.acquire("iris")), await begun(places.acquire("rose"))
        places.release("iris")
        third = await begun(places.acquire("iris"))
        assert await first
        assert (second.done(), third.done()) == (False, False)
        places.release("iris")
        assert await second
        assert not third.done()
        places.release("rose")
        assert await third

    asyncio.run(ask())


@pytest.mark.parametrize(("running", "waiting"), [(4, 0), (4, 4), (2, 16), (3, 5), (1, 1)])
def test_one_model_takes_half_of_the_places_and_leaves_the_others_to_others(running: int, waiting: int) -> None:
    async def ask() -> None:
        places = Places(running, waiting, models=2)
        half = -(-(running + waiting) // 2)
        of_one = [await begun(places.acquire("slow")) for _ in range(half)]
        assert not await places.acquire("slow")
        assert sum(each.done() for each in of_one) == -(-running // 2)
        if running > 1:  # its half of the threads is free
            assert await places.acquire("iris")
        for each in of_one:
            each.cancel()

    asyncio.run(ask())


def test_a_model_that_waits_for_its_own_share_holds_up_no_other() -> None:
    async def ask() -> None:
        places = Places(most_running=2, most_waiting=4, models=2)
        assert await places.acquire("slow")
        waits = await begun(places.acquire("slow"))
        for _ in range(20):
            assert await places.acquire("iris")
            places.release("iris")
        assert not waits.done()
        places.release("slow")
        assert await waits

    asyncio.run(ask())


def test_a_request_that_waits_too_long_is_rejected_and_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "WAIT_SECONDS", 0.02)

    async def ask() -> None:
        places = Places(most_running=1, most_waiting=1)
        assert await places.acquire("iris")
        for _ in range(3):
            assert not await places.acquire("iris")
        places.release("iris")
        assert await places.acquire("iris")

    asyncio.run(ask())


def test_nobody_waits_beyond_a_deadline() -> None:
    async def ask() -> None:
        places = Places(most_running=1, most_waiting=1)
        assert not await places.acquire("iris", time.monotonic() - 1)
        assert await places.acquire("iris", time.monotonic() + 60)
        assert not await places.acquire("iris", time.monotonic() + 0.02)

    asyncio.run(ask())


def test_a_client_that_leaves_while_it_waits_takes_no_place() -> None:
    async def ask() -> None:
        places = Places(most_running=1, most_waiting=1)
        assert await places.acquire("iris")
        for admitted in (False, True):  # also in the moment in which it is admitted
            waits = await begun(places.acquire("iris"))
            if admitted:
                places.release("iris")
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits
        assert await places.acquire("iris")
        assert not await places.acquire("iris", time.monotonic() + 0.02)

    asyncio.run(ask())


def test_names_that_clients_invent_are_forgotten() -> None:
    async def ask() -> None:
        places = Places(most_running=1, most_waiting=1)
        for number in range(100):
            assert await places.acquire(f"model {number}")
            waits = await begun(places.acquire(f"other {number}"))
            places.release(f"model {number}")
            assert await waits
            places.release(f"other {number}")
        assert (len(places._running), len(places._waiting)) == (0, 0)

    asyncio.run(ask())
