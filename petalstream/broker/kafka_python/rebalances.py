"""What the last polls of kafka-python have changed in the assignment."""

from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from petalstream.broker.kafka_python.group_workarounds import join_only_if
from petalstream.broker.partitions import Partition


class Change(NamedTuple):
    """Partitions that were assigned, revoked, or lost without a chance to finish."""

    partitions: Collection[Partition]
    is_assigned: bool = False
    is_lost: bool = False


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes changes, which the client makes in a thread of its own, for the thread that polls.

    The client joins the group again after they are taken: until then a revoked partition has no other owner.
    """

    def __init__(self, client: KafkaConsumer, assignor: CooperativeStickyAssignor) -> None:
        self._client, self._assignor = client, assignor
        self._changes: deque[Change] = deque()
        join_only_if(client, lambda: not self._changes)

    def changes(self) -> list[Change]:
        """Return the changes since the last call, in order."""
        return [self._changes.popleft() for _ in range(len(self._changes))]

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Note partitions that another consumer is to get."""
        self._changes.append(Change(_plain(revoked)))

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        """Note partitions that another consumer may have got already."""
        self._assignor.member_assignment = None  # the client would claim them in its next join
        self._changes.append(Change(_plain(lost), is_lost=True))

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Note new partitions, and have none of their records polled: where to begin is not known yet."""
        self._client.pause(*assigned)
        for partition in assigned:
            self._client.seek(partition, 0)  # else the client would look the position up itself
        self._changes.append(Change(_plain(assigned), is_assigned=True))


def _plain(partitions: Collection[TopicPartition]) -> list[Partition]:
    return [Partition(*partition) for partition in partitions]
