"""Limits how many requests are handled at once, how many more wait, and how many of them are for one model."""

import asyncio
import math
import time
from collections import Counter, deque

# The longest that a request waits. A client is better off with 503 and a retry.
WAIT_SECONDS = 5.0
# Timers of an event loop may end early by this much; a deadline has passed when its timer ends.
TIMER_SECONDS = 0.005


class Places:
    """`most_running` requests are handled at once, and `most_waiting` more wait, in the order of arrival.

    With two or more `models`, one model gets that part of both at most: the places that are left are for the others.
    All methods are called on the event loop.
    """

    def __init__(self, most_running: int, most_waiting: int, models: int = 1) -> None:
        self._most_running, self._most_waiting = most_running, most_waiting
        self._most_running_each = math.ceil(most_running / models)
        self._most_each = math.ceil((most_running + most_waiting) / models)
        # By model: those that run, and those that wait.
        self._running, self._waiting = Counter[str](), Counter[str]()
        self._queue: deque[tuple[str, asyncio.Future[None]]] = deque()

    async def acquire(self, model: str, deadline: float = math.inf) -> bool:
        """Wait for a place until `deadline` by time.monotonic(), WAIT_SECONDS at most. Return whether there is one.

        Returns False immediately if no more may wait, and after a deadline that has passed.
        """
        if time.monotonic() >= deadline:
            return False
        if self._can_run(model):
            self._running[model] += 1
            return True
        if len(self._queue) >= self._most_waiting or self._running[model] + self._waiting[model] >= self._most_each:
            return False
        return await self._wait(model, min(WAIT_SECONDS, deadline - time.monotonic() + TIMER_SECONDS))

    def release(self, model: str) -> None:
        """End a request that has a place, and give places to those that have waited longest."""
        self._running[model] -= 1
        self._running += Counter()  # drops zeros: a client can invent names
        self._admit()

    def _can_run(self, model: str) -> bool:
        return self._running.total() < self._most_running and self._running[model] < self._most_running_each

    def _admit(self) -> None:
        for entry in [entry for entry in self._queue if not entry[1].done()]:
            model, admitted = entry
            if self._can_run(model):
                self._running[model] += 1
                admitted.set_result(None)

    async def _wait(self, model: str, seconds: float) -> bool:
        entry = model, asyncio.get_running_loop().create_future()
        self._queue.append(entry)
        self._waiting[model] += 1
        try:
            await asyncio.wait([entry[1]], timeout=seconds)
        except asyncio.CancelledError:
            if entry[1].done():
                self.release(model)
            raise
        finally:
            self._queue.remove(entry)
            self._waiting[model] -= 1
            self._waiting += Counter()
            if not entry[1].done():
                entry[1].cancel()
        return not entry[1].cancelled()
