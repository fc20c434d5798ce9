"""Records in, and offsets committed, through kafka-python."""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import OffsetOutOfRangeError
from kafka.structs import MemberState

from petalstream.broker.errors import (
    CommitFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnreadableRecords,
    UnreadableTopics,
)
from petalstream.broker.interfaces import LOOK_UP_SECONDS, TOPIC_ID_SECONDS, Membership, PartitionProgress
from petalstream.broker.kafka_python import connection
from petalstream.broker.kafka_python.offsets import committed_position, naming_topics, topic_id_of, with_metadata
from petalstream.broker.kafka_python.rebalances import Rebalances
from petalstream.broker.new_partitions import NewPartitions
from petalstream.broker.partitions import Partition, PartitionListener, PartitionState, Position, Positions
from petalstream.messages import ReceivedRecord

LOOK_UP_MS = LOOK_UP_SECONDS * 1000


class Consumer:
    """petalstream.broker.Consumer through kafka-python."""

    def __init__(self, client: KafkaConsumer, assignor: CooperativeStickyAssignor) -> None:
        self.client = client
        self._rebalances = Rebalances(client, assignor)
        self._new = NewPartitions(self._look_up, self._start)
        self._paused: set[str] = set()
        self._topic_ids: dict[str, str] = {}
        self._out_of_range: dict[Partition, int] = {}
        # Partitions that the client has given up already, and that can be committed until the listener has ended them.
        self._ending: frozenset[Partition] = frozenset()
        self._checked = time.monotonic()
        self._ends: connection.Ends = {}

    def subscribe(self, topics: Collection[str], listener: PartitionListener) -> None:
        """Read these topics, and no others any more."""
        self._listener = listener
        self.client.subscribe(sorted(topics), listener=self._rebalances)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records, none after `seconds`. Raises UnreadableRecords, UnreadableTopics, KafkaError."""
        records: list[ReceivedRecord] = []
        obstacle: UnreadableRecords | UnreadableTopics | None = None
        try:
            with naming_topics():
                records = poll(self.client, seconds, most)
        except OffsetOutOfRangeError as error:
            self._note_out_of_range(error.args[0])
        except (UnreadableRecords, UnreadableTopics) as error:
            obstacle = error
        # The client says nothing of a topic that it may not describe.
        if denied := self.client._cluster.unauthorized_topics & self.client.subscription():
            obstacle = UnreadableTopics(denied, TopicAuthorizationFailedError("no permission to describe it"))
        read_again = self._follow_rebalances() | self._follow_topics()
        self._new.begin(self._listener)
        if obstacle and not (isinstance(obstacle, UnreadableRecords) and obstacle.topic in read_again):
            raise obstacle
        return [record for record in records if record.topic not in read_again] if read_again else records

    def membership(self) -> Membership:
        """Return the member's id, the group's generation and the member's state."""
        return self.client.group_metadata()

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        return {partition.topic for partition in self.client.assignment()}

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker."""
        return connection.is_connected(self.client)

    def has_joined(self) -> bool:
        """Whether the consumer is a member of its group now, and no rebalance is under way."""
        return bool(self.client.group_metadata().state == MemberState.STABLE)

    def progress(self) -> list[PartitionProgress]:
        """Return the progress in each partition that is begun."""
        new = self._new.all()
        return [each for each in connection.progress(self.client, self._ends) if each[:2] not in new]

    def refresh_ends(self, seconds: float) -> None:
        """Ask the broker for the last stable offsets. Raises KafkaError."""
        self._ends.update(connection.last_stable_offsets(self.client, seconds))

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of `topics`."""
        self._paused |= set(topics)
        self.client.pause(*self._assigned(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of `topics` again, from where they were paused."""
        self._paused -= set(topics)
        new = self._new.all()
        self.client.resume(*[each for each in self._assigned(topics) if Partition(*each) not in new])

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on. Raises CommitFailedError if it is not assigned any more."""
        self._check_assigned([Partition(topic, partition)])
        self.client.seek(TopicPartition(topic, partition), offset)

    def commit(self, positions: Positions, seconds: float) -> None:
        """Commit within `seconds`. Raises KafkaError."""
        self._check_assigned(positions)
        with naming_topics():
            self.client.commit(with_metadata(positions), timeout_ms=int(seconds * 1000))

    def close(self, seconds: float) -> None:
        """Leave the group within `seconds` without a commit."""
        with suppress(KafkaError):
            self.client.close(autocommit=False, timeout_ms=int(seconds * 1000))

    def _assigned(self, topics: Collection[str]) -> list[TopicPartition]:
        return [partition for partition in self.client.assignment() if partition.topic in topics]

    def _check_assigned(self, partitions: Collection[Partition]) -> None:
        for partition in set(partitions) - self._ending - {Partition(*each) for each in self.client.assignment()}:
            raise CommitFailedError(f"{partition} is not assigned any more")

    def _follow_rebalances(self) -> set[str]:
        """Tell the listener what has changed; return the topics whose records are read again."""
        read_again: set[str] = set()
        for change in self._rebalances.changes():
            if change.is_assigned:
                self._new.add(change.partitions)
            else:
                read_again |= self._end(change.partitions, change.is_lost)
        self._new.remove(self._new.all() - {Partition(*each) for each in self.client.assignment()})
        return read_again

    def _follow_topics(self) -> set[str]:
        """Return the topics that were created again, which are read from their beginning."""
        now = time.monotonic()
        if now < self._checked + TOPIC_ID_SECONDS:
            return set()
        self._checked = now
        ids = {topic: topic_id for topic in self.topics() if (topic_id := topic_id_of(self.client, topic))}
        other = {topic for topic, topic_id in ids.items() if topic_id != self._topic_ids.get(topic, topic_id)}
        if not other:
            return set()
        return self._end([Partition(*each) for each in self._assigned(other)], is_lost=True)

    def _end(self, partitions: Collection[Partition], is_lost: bool) -> set[str]:
        """End partitions; those of the same topics that stay begin again at their committed offsets."""
        self._new.remove(partitions)
        self._ending = frozenset() if is_lost else frozenset(partitions)
        try:
            self._listener.end(partitions, is_lost)
        finally:
            self._ending = frozenset()
        topics = {partition.topic for partition in partitions}
        self._out_of_range = {each: offset for each, offset in self._out_of_range.items() if each.topic not in topics}
        for topic in topics:
            self._topic_ids.pop(topic, None)
        again = self._assigned(topics)
        self.client.pause(*again)
        self._new.add([Partition(*each) for each in again])
        return topics

    def _note_out_of_range(self, offsets: dict[TopicPartition, int]) -> None:
        self._out_of_range |= {Partition(*each): offset for each, offset in offsets.items()}
        self.client.pause(*offsets)
        self._new.add([Partition(*each) for each in offsets])

    def _look_up(self, partitions: Sequence[Partition]) -> list[PartitionState]:
        """Return where the group has read to, and what the log has. Raises KafkaError."""
        topic_id = topic_id_of(self.client, partitions[0].topic)
        self._topic_ids.setdefault(partitions[0].topic, topic_id)
        places = [TopicPartition(*partition) for partition in partitions]
        with naming_topics():
            starts = self.client.beginning_offsets(places, timeout_ms=LOOK_UP_MS)
            ends = self.client.end_offsets(places, timeout_ms=LOOK_UP_MS)
        states: list[PartitionState] = []
        for partition, place in zip(partitions, places, strict=True):
            if is_out_of_range := partition in self._out_of_range:
                position: Position | None = Position(self._out_of_range[partition], topic_id)
            else:
                position = committed_position(self.client.committed(place, metadata=True, timeout_ms=LOOK_UP_MS))
            states.append(PartitionState(partition, topic_id, position, starts[place], ends[place], is_out_of_range))
        return states

    def _start(self, partition: Partition, offset: int) -> None:
        self._out_of_range.pop(partition, None)
        self.client.seek(TopicPartition(*partition), offset)
        if partition.topic not in self._paused:
            self.client.resume(TopicPartition(*partition))


def poll(client: KafkaConsumer, seconds: float, most: int) -> list[ReceivedRecord]:
    """Return up to `most` records, in order within each partition; none after `seconds`. Raises UnreadableRecords."""
    try:
        polled = client.poll(timeout_ms=int(seconds * 1000), max_records=most)
    except UnreadableRecords as error:
        # An end that was read from corrupt bytes may be any number.
        end = client.highwater(TopicPartition(error.topic, error.partition))
        error.next = max(error.first + 1, min(error.next, end if end is not None else error.next))
        raise
    return [record for of_partition in polled.values() for record in of_partition]
