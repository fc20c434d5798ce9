"""The partitions of a consumer of kafka-python: where each begins, when it ends."""

import time
from collections.abc import Collection, Mapping, Sequence

from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from petalstream.broker.errors import CommitFailedError
from petalstream.broker.interfaces import LOOK_UP_SECONDS, TOPIC_ID_SECONDS
from petalstream.broker.kafka_python.offsets import committed_position, naming_topics, topic_id_of
from petalstream.broker.kafka_python.rebalances import Rebalances
from petalstream.broker.new_partitions import NewPartitions
from petalstream.broker.partitions import Partition, PartitionListener, PartitionState, Position

LOOK_UP_MS = LOOK_UP_SECONDS * 1000


class Assignment:
    """Follows the rebalances of `client`, and topics that are created again; the thread that polls calls it."""

    def __init__(self, client: KafkaConsumer, assignor: CooperativeStickyAssignor) -> None:
        self._client = client
        self.rebalances = Rebalances(client, assignor)
        self.listener: PartitionListener | None = None
        self._new = NewPartitions(self._look_up, self._start)
        self._paused: set[str] = set()
        self._topic_ids: dict[str, str] = {}
        self._out_of_range: dict[Partition, Position] = {}
        # Revoked partitions. The client has dropped them; they are committed while the listener ends them.
        self._ending: frozenset[Partition] = frozenset()
        self._checked = time.monotonic()

    def begun(self) -> set[Partition]:
        """Return the partitions that are begun."""
        return self._all() - self._new.all()

    def check(self, partitions: Collection[Partition]) -> None:
        """Raise CommitFailedError unless all these partitions are assigned."""
        for partition in set(partitions) - self._ending - self._all():
            raise CommitFailedError(f"{partition} is not assigned any more")

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of topics, also in partitions that are assigned later."""
        self._paused |= set(topics)
        self._client.pause(*self._of(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of topics again."""
        self._paused -= set(topics)
        new = self._new.all()
        self._client.resume(*[each for each in self._of(topics) if Partition(*each) not in new])

    def update(self) -> set[str]:
        """End and begin partitions after a poll; return the topics whose records are read again. Raises KafkaError."""
        read_again = self._follow_rebalances() | self._follow_topics()
        if self.listener:
            self._new.begin(self.listener)
        return read_again

    def begin_again(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Begin partitions anew whose next records, at `offsets`, are not in the log any more."""
        for partition, offset in offsets.items():
            self._out_of_range[Partition(*partition)] = Position(offset, self._topic_ids.get(partition.topic, ""))
        self._client.pause(*offsets)
        self._new.add([Partition(*partition) for partition in offsets])

    def _follow_rebalances(self) -> set[str]:
        """Tell the listener what has changed; return the topics whose records are read again."""
        read_again: set[str] = set()
        for change in self.rebalances.changes():
            if change.is_assigned:
                self._new.add(change.partitions)
            else:
                read_again |= self._end(change.partitions, change.is_lost)
        self._new.remove(self._new.all() - self._all())
        return read_again

    def _follow_topics(self) -> set[str]:
        """Return the topics that were created again, which are read from their beginning."""
        now = time.monotonic()
        if now < self._checked + TOPIC_ID_SECONDS:
            return set()
        self._checked = now
        ids = {topic: topic_id_of(self._client, topic) for topic in self._topic_ids}
        other = {topic for topic, topic_id in ids.items() if topic_id and topic_id != self._topic_ids[topic]}
        if not other:
            return set()
        return self._end([Partition(*each) for each in self._of(other)], are_lost=True)

    def _end(self, partitions: Collection[Partition], are_lost: bool) -> set[str]:
        """End partitions; those of the same topics that stay begin again at their committed offsets."""
        self._new.remove(partitions)
        self._ending = frozenset() if are_lost else frozenset(partitions)
        try:
            if self.listener:
                self.listener.end(partitions, are_lost)
        finally:
            self._ending = frozenset()
        topics = {partition.topic for partition in partitions}
        for topic in topics:
            self._topic_ids.pop(topic, None)
        self._out_of_range = {each: where for each, where in self._out_of_range.items() if each.topic not in topics}
        again = self._of(topics)
        self._client.pause(*again)
        self._new.add([Partition(*each) for each in again])
        return topics

    def _look_up(self, partitions: Sequence[Partition]) -> list[PartitionState]:
        """Return where the group has read to, and what the log has. Raises KafkaError."""
        topic_id = topic_id_of(self._client, partitions[0].topic)
        self._topic_ids.setdefault(partitions[0].topic, topic_id)
        topic_partitions = [TopicPartition(*partition) for partition in partitions]
        with naming_topics():
            starts = self._client.beginning_offsets(topic_partitions, timeout_ms=LOOK_UP_MS)
            ends = self._client.end_offsets(topic_partitions, timeout_ms=LOOK_UP_MS)
        states: list[PartitionState] = []
        for partition, each in zip(partitions, topic_partitions, strict=True):
            position, is_out_of_range = self._out_of_range.get(partition), partition in self._out_of_range
            if position is None:
                committed = self._client.committed(each, metadata=True, timeout_ms=LOOK_UP_MS)
                position = committed_position(committed)
            states.append(PartitionState(partition, topic_id, position, starts[each], ends[each], is_out_of_range))
        return states

    def _start(self, partition: Partition, offset: int) -> None:
        self._out_of_range.pop(partition, None)
        self._client.seek(TopicPartition(*partition), offset)
        if partition.topic not in self._paused:
            self._client.resume(TopicPartition(*partition))

    def _all(self) -> set[Partition]:
        return {Partition(*each) for each in self._client.assignment()}

    def _of(self, topics: Collection[str]) -> list[TopicPartition]:
        return [partition for partition in self._client.assignment() if partition.topic in topics]
