"""Partitions, the offsets that a group commits, and what a consumer learns when it is assigned partitions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from petalstream.messages import ReceivedRecord

# Characters of a topic's id, which has 16 bytes, as Kafka's tools write it.
TOPIC_ID_LENGTH = 22


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.number}]"


class Position(NamedTuple):
    """The offset to read next. A topic that is created again has another id; it is empty where it is unknown."""

    offset: int
    topic_id: str = ""


Positions = Mapping[Partition, Position]


@dataclass(frozen=True)
class PartitionState:
    """A partition in which reading is to begin.

    `position` is what the group has committed, or where the consumer was; None if there is neither. The log holds
    offsets from `log_start` up to, not including, `log_end`. `is_out_of_range`: the broker refused a fetch there.
    """

    partition: Partition
    topic_id: str
    position: Position | None
    log_start: int
    log_end: int
    is_out_of_range: bool = False


class PartitionListener(Protocol):
    """Follows the partitions of a consumer; the thread that polls calls it."""

    def begin(self, states: Sequence[PartitionState]) -> Sequence[int]:
        """Return the offset at which to begin each partition."""
        ...

    def end(self, partitions: Collection[Partition], are_lost: bool) -> None:
        """Finish the records of partitions that another consumer gets when this returns, or, if lost, has already.

        Records of their topics that are not committed are read again in the partitions that stay.
        """


def positions_after(records: Iterable[ReceivedRecord], topic_id: str = "") -> dict[Partition, Position]:
    """Return the position after the last record of each partition; `topic_id` is that of the records' topic."""
    last = {Partition(record.topic, record.partition): record.offset for record in records}
    return {partition: Position(offset + 1, topic_id) for partition, offset in last.items()}
