"""Threads that run WSGI calls, each of which needs a place first."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from services.api.gateway.admission import Places

T = TypeVar("T")


class Threads:
    """So many threads, with `places` in them and in their queue, of which one of `models` has its part at most."""

    def __init__(self, number: int, most_waiting: int, models: int = 1) -> None:
        self.places = Places(number, most_waiting, models)
        self._pool = ThreadPoolExecutor(number)

    async def run(self, model: str, call: Callable[[], T]) -> T:
        """Return the result of `call` in a thread. The place that was acquired before is released when it ends."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, call)
        running.add_done_callback(lambda _: self.places.release(model))
        # A client that leaves ends this coroutine, and not the thread, which still needs its place.
        return await asyncio.shield(running)
