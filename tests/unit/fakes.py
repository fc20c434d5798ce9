"""A consumer of Kafka made by hand, for tests of what is done between two polls."""

import time
from collections.abc import Callable, Iterable

from kafka.structs import ConsumerGroupMetadata, MemberState

from petalstream.messages import ReceivedRecord
from tests.records import Record


class Consumer:
    """A member of a group; `on_poll` says what comes of the poll of that number."""

    def __init__(self, on_poll: Callable[[int], list[Record]] = lambda number: []) -> None:
        self.on_poll = on_poll
        self.member = ConsumerGroupMetadata("petalstream", 7, "me-1", "me", MemberState.STABLE)
        self.polls = 0
        self.done: list[str] = []

    def membership(self) -> ConsumerGroupMetadata:
        return self.member

    def rebalance(self, generations: int = 1, state: str = MemberState.STABLE) -> None:
        """From now on the group is so many generations further, and this member in that state."""
        self.member = self.member._replace(generation_id=self.member.generation_id + generations, state=state)

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self.done.append("resume")

    def subscribe(self, pattern: str) -> None:
        self.done.append(f"subscribe {pattern}")

    def commit(self, membership: object, records: Iterable[ReceivedRecord], seconds: float) -> None:
        self.done.append("commit")

    def close(self, seconds: float) -> None:
        self.done.append("close")

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        assert seconds <= 1, "a stop is seen between two polls only"
        self.polls += 1
        self.done.append("poll")
        found = self.on_poll(self.polls)
        if not found:
            time.sleep(seconds)
        return list(found)
