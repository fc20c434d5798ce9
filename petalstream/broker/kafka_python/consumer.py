"""Records in, and offsets committed, through kafka-python."""

import base64
import time
from collections.abc import Collection, Sequence
from contextlib import suppress

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import OffsetOutOfRangeError

from petalstream.broker.errors import CommitFailedError, KafkaError, UnreadableRecords
from petalstream.broker.interfaces import LOOK_UP_SECONDS, TOPIC_ID_SECONDS, Membership
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
        self._out_of_range: dict[Partition, Position] = {}
        # Partitions that the client has given up already, and that can be committed until the listener has ended them.
        self._ending: frozenset[Partition] = frozenset()
        self._checked = time.monotonic()

    def subscribe(self, pattern: str, listener: PartitionListener) -> None:
        """Read the topics that match `pattern`, including topics that are created later."""
        self._listener = listener
        self.client.subscribe(pattern=pattern, listener=self._rebalances)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records, none after `seconds`. Raises UnreadableRecords, KafkaError."""
        records: list[ReceivedRecord] = []
        unreadable: UnreadableRecords | None = None
        try:
            records = poll(self.client, seconds, most)
        except OffsetOutOfRangeError as error:
            self._note_out_of_range(error.args[0])
        except UnreadableRecords as error:
            unreadable = error
        read_again = self._follow_rebalances() | self._follow_topics()
        self._new.begin(self._listener)
        if unreadable and unreadable.topic not in read_again:
            raise unreadable
        return [record for record in records if record.topic not in read_again] if read_again else records

    def membership(self) -> Membership:
        """Return the member's id, the group's generation and the member's state."""
        return self.client.group_metadata()

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        return {partition.topic for partition in self.client.assignment()}

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
        ids = {topic: topic_id for topic in self.topics() if (topic_id := self._topic_id(topic))}
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
        self._out_of_range = {each: where for each, where in self._out_of_range.items() if each.topic not in topics}
        again = self._assigned(topics)
        self.client.pause(*again)
        self._new.add([Partition(*each) for each in again])
        return topics

    def _note_out_of_range(self, offsets: dict[TopicPartition, int]) -> None:
        for place, offset in offsets.items():
            self._out_of_range[Partition(*place)] = Position(offset, self._topic_ids.get(place.topic, ""))
        self.client.pause(*offsets)
        self._new.add([Partition(*each) for each in offsets])

    def _look_up(self, partitions: Sequence[Partition]) -> list[PartitionState]:
        """Return where the group has read to, and what the log has. Raises KafkaError."""
        topic_id = self._topic_id(partitions[0].topic)
        self._topic_ids[partitions[0].topic] = topic_id
        places = [TopicPartition(*partition) for partition in partitions]
        starts = self.client.beginning_offsets(places, timeout_ms=LOOK_UP_MS)
        ends = self.client.end_offsets(places, timeout_ms=LOOK_UP_MS)
        states: list[PartitionState] = []
        for partition, place in zip(partitions, places, strict=True):
            refused = self._out_of_range.get(partition)
            position = refused or _position(self.client.committed(place, metadata=True, timeout_ms=LOOK_UP_MS))
            is_refused = refused is not None
            states.append(PartitionState(partition, topic_id, position, starts[place], ends[place], is_refused))
        return states

    def _start(self, partition: Partition, offset: int) -> None:
        self._out_of_range.pop(partition, None)
        self.client.seek(TopicPartition(*partition), offset)
        if partition.topic not in self._paused:
            self.client.resume(TopicPartition(*partition))

    def _topic_id(self, topic: str) -> str:
        found = self.client._cluster.topic_id(topic)
        return base64.urlsafe_b64encode(found.bytes).decode().rstrip("=") if found else ""


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


def with_metadata(positions: Positions) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what the client commits: the id of the topic is the metadata of an offset."""
    return {
        TopicPartition(*partition): OffsetAndMetadata(position.offset, position.topic_id)
        for partition, position in positions.items()
    }


def _position(committed: OffsetAndMetadata | None) -> Position | None:
    return None if committed is None else Position(committed.offset, committed.metadata or "")
