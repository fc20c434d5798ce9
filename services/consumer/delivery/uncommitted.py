"""Records whose outcomes are written and whose offsets are not committed yet: as many may be written twice."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from petalstream.broker import Partition, Position, positions_after
from petalstream.messages import ReceivedRecord
from services.consumer.assignment import Assignment

LOOK_SECONDS = 0.1


class WrittenBatch(NamedTuple):
    """Records that have their outcomes on the broker, and the assignment in which they were polled."""

    records: Sequence[ReceivedRecord]
    assignment: Assignment

    def positions(self) -> dict[Partition, Position]:
        """Return what to commit for them."""
        return positions_after(self.records, self.assignment.topic_id)


class Uncommitted:
    """Passes batches from the thread that writes to the thread that commits; it has room for `most` records."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._batches: deque[WrittenBatch] = deque()
        self._changed = threading.Condition()

    def wait_for_room(self, records: int, assignment: Assignment) -> None:
        """Wait until so many more records have room, or it is empty. Raises AssignmentOver."""
        with self._changed:
            while self._batches and self._records() + records > self._most:
                assignment.check()
                self._changed.wait(LOOK_SECONDS)
        # What makes room may be the end of the assignment.
        assignment.check()

    def add(self, batch: WrittenBatch) -> None:
        """Add a batch at the end."""
        with self._changed:
            self._batches.append(batch)

    def batches(self) -> list[WrittenBatch]:
        """Return all batches, in the order in which they were written."""
        return list(self._batches)

    def remove(self, count: int) -> None:
        """Remove the first `count` batches, which are committed, or no longer this consumer's to commit."""
        with self._changed:
            for _ in range(count):
                self._batches.popleft()
            self._changed.notify_all()

    def remove_ended(self) -> None:
        """Remove batches whose assignment is over: they were written too late to be committed."""
        with self._changed:
            self._batches = deque(batch for batch in self._batches if not batch.assignment.over.is_set())
            self._changed.notify_all()

    def clear(self) -> None:
        """Remove all batches: their partitions are another consumer's, or are read again from what is committed."""
        self.remove(len(self._batches))

    def _records(self) -> int:
        return sum(len(batch.records) for batch in self._batches)
