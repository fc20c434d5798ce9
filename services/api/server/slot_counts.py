"""A number for each worker, which all workers can read."""

import mmap

from services.api.telemetry import worker_slot

MOST_SLOTS = mmap.PAGESIZE // 4


class SlotCounts:
    """Keeps the numbers by slot in shared memory, 0 if there is no worker; created before the workers are forked.

    Workers beyond MOST_SLOTS are left out.
    """

    def __init__(self) -> None:
        self._counts = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("i")

    def set_own(self, count: int) -> None:
        """Set the number of this worker."""
        if worker_slot.number < MOST_SLOTS:
            self._counts[worker_slot.number] = count

    def forget(self, slot: int) -> None:
        """Forget the worker in this slot, which has ended."""
        if slot < MOST_SLOTS:
            self._counts[slot] = 0

    def of_workers(self) -> list[int]:
        """Return the number of each worker that has one."""
        return [count for count in self._counts.tolist() if count]
