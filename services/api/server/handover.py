"""Has old workers accept connections until new ones do, after SIGHUP.

gunicorn ends the old workers as soon as it has started new ones, which have to load the models first. Meanwhile nobody
would accept connections, and the clients that had to wait would all come at once, too many for the limits.
"""

import asyncio
import mmap
import signal
from functools import cache
from typing import Any

from services.api.server.slot_counts import MOST_SLOTS, SlotCounts

POLL_SECONDS = 0.1


class Handover:
    """Keeps in shared memory which workers serve, and how often gunicorn has reloaded; created before workers are."""

    def __init__(self) -> None:
        self._reloads = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("i")
        # How many reloads there had been when this worker was forked.
        self._own_reloads = 0
        # The same number, plus one, of each worker that serves.
        self._serving = SlotCounts()

    @classmethod
    @cache
    def of_this_worker(cls) -> "Handover":
        """Return the one that gunicorn's own process has created, and its workers inherit."""
        return cls()

    def begin(self) -> None:
        """Count a reload, in gunicorn's own process, before it forks new workers."""
        self._reloads[0] += 1

    def join(self) -> None:
        """Belong to the workers that are forked after the reloads so far."""
        self._own_reloads = self._reloads[0]

    def serve(self) -> None:
        """Tell old workers that this one accepts connections."""
        self._serving.set_own(self._own_reloads + 1)

    def forget(self, slot: int) -> None:
        """Forget the worker in this slot, which has ended."""
        self._serving.forget(slot)

    def may_leave(self, workers: int) -> bool:
        """Return whether there was no reload since this worker was forked, or so many newer workers serve."""
        newer = sum(reloads > self._own_reloads + 1 for reloads in self._serving.of_workers())
        return self._reloads[0] == self._own_reloads or newer >= min(workers, MOST_SLOTS)

    def stop_after(self, worker: Any) -> None:
        """Have SIGTERM stop a gunicorn `worker` once it may leave, and a second signal stop it at once.

        gunicorn sends another when it stops as a whole, or when new workers take longer than its graceful_timeout.
        """
        loop: asyncio.AbstractEventLoop = worker.loop
        waiting = list[asyncio.Task[None]]()

        def stop() -> None:
            if waiting or self.may_leave(worker.cfg.workers):
                worker.handle_exit_signal()
            else:
                waiting.append(loop.create_task(self._wait(worker.cfg.workers)))
                waiting[0].add_done_callback(lambda _: worker.handle_exit_signal())

        loop.add_signal_handler(signal.SIGTERM, stop)

    async def _wait(self, workers: int) -> None:
        while not self.may_leave(workers):
            await asyncio.sleep(POLL_SECONDS)
