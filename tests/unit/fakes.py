"""A consumer of Kafka made by hand, for tests of what is done between two polls."""

import time
from collections.abc import Callable

from kafka.structs import ConsumerGroupMetadata, MemberState

from tests.records import Record


class Consumer:
    """A member of a group that owns two partitions; `on_poll` says what comes of the poll of that number."""

    def __init__(self, on_poll: Callable[[int], list[Record]] = lambda number: []) -> None:
        self.on_poll = on_poll
        self.membership = ConsumerGroupMetadata("petalstream", 7, "me-1", "me", MemberState.STABLE)
        self.polls = 0
        self.end: int | None = None
        self.done: list[str] = []

    def assignment(self) -> set[str]:
        return {"iris-0", "iris-1"}

    def group_metadata(self) -> ConsumerGroupMetadata:
        return self.membership

    def rebalance(self, generations: int = 1, state: str = MemberState.STABLE) -> None:
        """From now on the group is so many generations further, and this member in that state."""
        now = self.membership
        self.membership = now._replace(generation_id=now.generation_id + generations, state=state)

    def pause(self, *partitions: str) -> None:
        assert set(partitions) == self.assignment()
        self.done.append("pause")

    def resume(self, *partitions: str) -> None:
        assert set(partitions) == self.assignment()
        self.done.append("resume")

    def highwater(self, partition: object) -> int | None:
        return self.end

    def poll(self, timeout_ms: int, max_records: int) -> dict[str, list[Record]]:
        assert timeout_ms <= 1000, "a stop is seen between two polls only"
        self.polls += 1
        self.done.append("poll")
        found = self.on_poll(self.polls)
        if not found:
            time.sleep(timeout_ms / 1000)
        return {"iris-0": found}
