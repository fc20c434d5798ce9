"""Shares connections among the workers.

The kernel gives a new connection to any worker that waits for one, and often all of a client's to the same. As they
stay open, one worker would do all the work, and a new worker none.
"""

import asyncio
import math
from functools import cache

from services.api.server.slot_counts import MOST_SLOTS, SlotCounts
from services.api.telemetry import worker_slot

SECONDS = 0.5
Client = tuple[str, int] | None


class Shares:
    """Keeps in shared memory how many connections each worker has served of late; created before they are forked."""

    def __init__(self) -> None:
        # The number of connections plus one.
        self._counts = SlotCounts()
        self._seen: set[Client] = set()
        self._too_many = 0

    @classmethod
    @cache
    def of_this_worker(cls) -> "Shares":
        """Return the one that gunicorn's own process has created, and its workers inherit."""
        return cls()

    def follow(self) -> None:
        """Compare this worker with the others now and every SECONDS, on the running event loop."""
        self.compare()
        asyncio.get_running_loop().call_later(SECONDS, self.follow)

    def forget(self, number: int) -> None:
        """Forget the worker in this slot, which has ended."""
        self._counts.forget(number)

    def should_leave(self, client: Client) -> bool:
        """Count the connection of a client; return whether it is to be closed, so that another worker may get it."""
        if client in self._seen:
            return False
        self._seen.add(client)
        if not self._too_many:
            return False
        self._too_many -= 1
        return True

    def compare(self) -> None:
        """Publish how many connections this worker has served since the last call, and learn how many are too many."""
        if worker_slot.number >= MOST_SLOTS:
            return
        own = len(self._seen)
        self._seen.clear()
        self._counts.set_own(own + 1)
        counts = [count - 1 for count in self._counts.of_workers()]
        self._too_many = max(0, own - math.ceil(sum(counts) / len(counts)))
