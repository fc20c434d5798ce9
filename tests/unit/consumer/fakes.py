"""A Kafka consumer, the pauses of lanes and a lane's surroundings made by hand, for tests that need no broker."""

import time
from collections.abc import Callable, Collection, Mapping

from kafka.structs import ConsumerGroupMetadata, MemberState

from petalstream.broker import KafkaError, Partition, PartitionListener, PartitionProgress, Positions
from petalstream.messages import ReceivedRecord
from services.consumer.assignment import Assignment
from tests.records import Record


def new_assignment(member: str = "member", topic_id: str = "") -> Assignment:
    """An assignment in which the consumer's membership stays the same."""
    return Assignment(lambda: member, topic_id)


class Consumer:
    """A member of a group; `on_poll` says what comes of the poll of that number.

    `committed` has topic[partition]@offset, the offset to read next, for each partition of each commit.
    """

    def __init__(self, on_poll: Callable[[int], list[Record]] = lambda number: []) -> None:
        self.on_poll = on_poll
        self.on_commit: Callable[[], None] = lambda: None
        self.member = ConsumerGroupMetadata("petalstream", 7, "me-1", "me", MemberState.STABLE)
        self.polls = 0
        self.assigned = {"iris.requests", "rose.requests"}
        self.done: list[str] = []
        self.subscribed: list[list[str]] = []
        self.committed: list[str] = []

    def membership(self) -> ConsumerGroupMetadata:
        return self.member

    def rebalance(self, generations: int = 1, state: str = MemberState.STABLE) -> None:
        """From now on the group is so many generations further, and this member in that state."""
        self.member = self.member._replace(generation_id=self.member.generation_id + generations, state=state)

    def topics(self) -> set[str]:
        return self.assigned

    def is_connected(self) -> bool:
        return True

    def has_joined(self) -> bool:
        return True

    def progress(self) -> list[PartitionProgress]:
        return []

    def refresh_ends(self, seconds: float) -> None:
        """Know all ends."""

    def pause(self, topics: Collection[str]) -> None:
        self.done.append(f"pause {' '.join(sorted(topics))}")

    def resume(self, topics: Collection[str]) -> None:
        self.done.append(f"resume {' '.join(sorted(topics))}")

    def subscribe(self, topics: Collection[str], listener: PartitionListener) -> None:
        self.subscribed.append(sorted(topics))

    def skip(self, topic: str, partition: int, offset: int) -> None:
        self.done.append(f"skip {topic}[{partition}] to {offset}")

    def commit(self, positions: Positions, seconds: float) -> None:
        self.on_commit()
        self.committed += [f"{partition}@{position.offset}" for partition, position in positions.items()]

    def close(self, seconds: float) -> None:
        self.done.append("close")

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        assert seconds <= 1, "a stop is seen between two polls only"
        self.polls += 1
        found = self.on_poll(self.polls)
        if not found:
            time.sleep(min(seconds, 0.01))
        return list(found)


class Pauses:
    """What LanePauses knows, without a topic; `error` is what its writes raise."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}
        self.resumed: dict[str, int] = {}
        self.error: KafkaError | None = None

    def start(self) -> None:
        """Know nothing."""

    def reason(self, model: str) -> str | None:
        return self.reasons.get(model)

    def resumes(self, model: str) -> int:
        return self.resumed.get(model, 0)

    def pause(self, model: str, reason: str) -> None:
        if self.error:
            raise self.error
        self.reasons[model] = reason

    def resume(self, model: str) -> None:
        if self.error:
            raise self.error
        self.reasons.pop(model, None)
        self.resumed[model] = self.resumes(model) + 1

    def close(self) -> None:
        """Keep nothing open."""


class ReadBefore:
    """What the group has read before; `error` is what remember() raises."""

    def __init__(self, **topic_ids: str) -> None:
        self.topic_ids = {Partition(f"{model}.requests", 0): topic_id for model, topic_id in topic_ids.items()}
        self.error: KafkaError | None = None

    def topic_id(self, partition: Partition) -> str | None:
        return self.topic_ids.get(partition)

    def remember(self, topic_ids: Mapping[Partition, str]) -> None:
        if self.error:
            raise self.error
        self.topic_ids |= topic_ids
