"""Has old workers accept connections until new ones do, after SIGHUP.

gunicorn ends the old workers as soon as it has started new ones, which have to load the models first. Meanwhile nobody
would accept connections, and the clients that had to wait would all come at once, too many for the limits.
"""

import asyncio
import mmap
import signal
from functools import cache
from typing import Any

from services.api.telemetry import worker_slot

POLL_SECONDS = 0.1
_SLOTS = mmap.PAGESIZE // 4 - 1


class Handover:
    """Keeps in shared memory which workers serve, and how often gunicorn has reloaded; created before workers are."""

    def __init__(self) -> None:
        # The number of reloads; then by slot: how many there had been when the worker that serves was forked, plus one.
        self._counts = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("i")
        self._reloads = 0

    @classmethod
    @cache
    def of_this_worker(cls) -> "Handover":
        """Return the one that gunicorn's own process has created, and its workers inherit."""
        return cls()

    def begin(self) -> None:
        """Count a reload, in gunicorn's own process, before it forks new workers."""
        self._counts[0] += 1

    def join(self) -> None:
        """Belong to the workers that are forked after the reloads so far."""
        self._reloads = self._counts[0]

    def serve(self) -> None:
        """Tell old workers that this one accepts connections."""
        if worker_slot.number < _SLOTS:
            self._counts[1 + worker_slot.number] = self._reloads + 1

    def forget(self, slot: int) -> None:
        """Forget the worker in this slot, which has ended."""
        if slot < _SLOTS:
            self._counts[1 + slot] = 0

    def may_leave(self, workers: int) -> bool:
        """Return whether there was no reload since this worker was forked, or so many newer workers serve."""
        return self._counts[0] == self._reloads or sum(
            count > self._reloads + 1 for count in self._counts[1:].tolist()
        ) >= min(workers, _SLOTS)

    async def wait(self, workers: int) -> None:
        """Wait until this worker may leave."""
        while not self.may_leave(workers):
            await asyncio.sleep(POLL_SECONDS)

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
                waiting.append(loop.create_task(self.wait(worker.cfg.workers)))
                waiting[0].add_done_callback(lambda _: worker.handle_exit_signal())

        loop.add_signal_handler(signal.SIGTERM, stop)
