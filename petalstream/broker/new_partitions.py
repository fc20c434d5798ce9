"""Partitions that were just assigned, until it is known where to begin."""

import time
from collections.abc import Callable, Collection, Sequence

from petalstream.broker.errors import KafkaError
from petalstream.broker.interfaces import LOOK_UP_PAUSE_SECONDS, MOST_LOOK_UP_SECONDS
from petalstream.broker.partitions import Partition, PartitionListener, PartitionState

LookUp = Callable[[Sequence[Partition]], Sequence[PartitionState]]


class NewPartitions:
    """Looks up where to begin, topic by topic; meanwhile the consumer polls its other partitions.

    `look_up` returns the states of partitions of one topic, or raises KafkaError. `start` reads a partition from an
    offset on.
    """

    def __init__(self, look_up: LookUp, start: Callable[[Partition, int], None]) -> None:
        self._look_up, self._start = look_up, start
        self._added: dict[Partition, float] = {}
        self._next_look = float("-inf")

    def add(self, partitions: Collection[Partition]) -> None:
        """Look these up at the next begin()."""
        now = time.monotonic()
        self._added |= {partition: now for partition in partitions if partition not in self._added}
        self._next_look = float("-inf")

    def remove(self, partitions: Collection[Partition]) -> None:
        """Forget partitions that are not assigned any more."""
        for partition in partitions:
            self._added.pop(partition, None)

    def all(self) -> set[Partition]:
        """Return those that are not begun yet."""
        return set(self._added)

    def begin(self, listener: PartitionListener) -> None:
        """Begin what can be looked up now. Raises KafkaError, for passing errors after a minute only."""
        now = time.monotonic()
        if not self._added or now < self._next_look:
            return
        self._next_look = now + LOOK_UP_PAUSE_SECONDS
        for topic in {partition.topic for partition in self._added}:
            of_topic = sorted(partition for partition in self._added if partition.topic == topic)
            try:
                states = self._look_up(of_topic)
            except KafkaError as error:
                if not error.retriable or now - self._added[of_topic[0]] > MOST_LOOK_UP_SECONDS:
                    raise
                continue
            for state, offset in zip(states, listener.begin(states), strict=True):
                self._start(state.partition, offset)
            self.remove(of_topic)
