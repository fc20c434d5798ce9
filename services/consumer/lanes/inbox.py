"""The records of one model between the thread that polls Kafka and the thread that scores them."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from petalstream.messages import ReceivedRecord, size
from services.consumer.assignment import Assignment


@dataclass(frozen=True)
class Batch:
    """The first records of an inbox, in order within each partition, and the assignment in which they were polled."""

    records: Sequence[ReceivedRecord]
    assignment: Assignment


class Inbox:
    """A queue from which the first records are read, and removed once they are passed on.

    All records in it are of one assignment. It is full from `most_records`, or `most_bytes` of keys, values and
    headers, until it has no more than a quarter of that: with confluent-kafka, to pause and resume a topic drops what
    was fetched.
    """

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self._most_records, self._most_bytes = most_records, most_bytes
        self._records: deque[ReceivedRecord] = deque()
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._is_full = False
        self._assignment: Assignment | None = None
        self._is_closed = False
        self._changed = threading.Condition()

    def add(self, records: Sequence[ReceivedRecord], assignment: Assignment) -> None:
        """Append records; those of an earlier assignment are dropped."""
        with self._changed:
            if assignment is not self._assignment:
                self._drop()
                self._assignment = assignment
            self._records.extend(records)
            sizes = [size(record.key, record.value, record.headers) for record in records]
            self._sizes.extend(sizes)
            self._bytes += sum(sizes)
            self._is_full = self._is_full or self._has(self._most_records, self._most_bytes)
            self._changed.notify()

    def first(self, most: int, most_bytes: int) -> Batch | None:
        """Wait for records; return up to `most` with values of up to `most_bytes` together, or a single larger one.

        Returns None once the inbox is closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._records or self._is_closed)
            if self._is_closed or self._assignment is None:
                return None
            return Batch(self._within(most, most_bytes), self._assignment)

    def remove(self, batch: Batch, count: int) -> None:
        """Remove the first `count` records of a batch that first() returned."""
        with self._changed:
            if batch.assignment is not self._assignment:
                return
            for _ in range(count):
                self._records.popleft()
                self._bytes -= self._sizes.popleft()
            self._is_full = self._is_full and self._has(self._most_records // 4 + 1, self._most_bytes // 4 + 1)

    def records(self) -> list[ReceivedRecord]:
        """Return all its records."""
        with self._changed:
            return list(self._records)

    def has_more_than(self, records: int) -> bool:
        """Whether it has more records than that."""
        return len(self._records) > records

    def clear(self) -> None:
        """Drop all records: their assignment is over."""
        with self._changed:
            self._drop()
            self._assignment = None

    def close(self) -> None:
        """Let first() return None from now on."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def is_full(self) -> bool:
        """Whether no more records should be polled for it."""
        return self._is_full

    @property
    def is_empty(self) -> bool:
        """Whether it has no records."""
        return not self._records

    def _has(self, records: int, bytes_of_records: int) -> bool:
        return len(self._records) >= records or self._bytes >= bytes_of_records

    def _drop(self) -> None:
        self._records.clear()
        self._sizes.clear()
        self._bytes, self._is_full = 0, False

    def _within(self, most: int, most_bytes: int) -> list[ReceivedRecord]:
        taken: list[ReceivedRecord] = []
        left = most_bytes - 1  # the brackets of the request's JSON array, less the comma that its last row has not
        for record in islice(self._records, most):
            left -= len(record.value or b"") + 1
            if taken and left < 0:
                break
            taken.append(record)
        return taken
