"""Records in, and offsets committed, through confluent-kafka."""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress

import confluent_kafka
from confluent_kafka import Message, TopicPartition

from petalstream.broker.confluent.errors import UNREADABLE, Code, translated, translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.lookups import Lookups
from petalstream.broker.confluent.options import QUEUED_RECORDS, consumer_options
from petalstream.broker.confluent.records import plain, readable, with_metadata
from petalstream.broker.errors import CommitFailedError, KafkaError, UnreadableRecords
from petalstream.broker.interfaces import Membership
from petalstream.broker.new_partitions import NewPartitions
from petalstream.broker.partitions import Partition, PartitionListener, PartitionState, Position, Positions
from petalstream.broker.topics import read_from
from petalstream.messages import ReceivedRecord


class Consumer:
    """petalstream.broker.Consumer through confluent-kafka."""

    def __init__(self, servers: str, group: str, instance_id: str) -> None:
        self._servers = servers
        self._client = confluent_kafka.Consumer(consumer_options(servers, group, instance_id), logger=log)
        self._lookups = Lookups(servers)
        self._new = NewPartitions(self._look_up, self._start)
        self._paused: set[str] = set()
        self._topic_ids: dict[str, str] = {}
        self._out_of_range: dict[Partition, Position] = {}
        self._reached: dict[Partition, int] = {}
        self._obstacles: list[Message] = []
        # The topics whose records are read again, since a partition of them was revoked in this poll.
        self._read_again: set[str] = set()
        self._is_closed = False

    def subscribe(self, pattern: str, listener: PartitionListener) -> None:
        """Read the topics that match `pattern`, including topics that are created later."""
        self._listener = listener
        self._client.subscribe([pattern], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records, none after `seconds`. Raises UnreadableRecords, KafkaError."""
        self._read_again = set()
        if self._obstacles:
            return self._around(self._obstacles.pop(0), most)
        with translating():
            first = self._client.poll(seconds)
            # If it were asked for all of them at once, the library would wait until there are as many.
            messages = [first, *self._client.consume(most - 1, 0)] if first and most > 1 else [first] if first else []
        self._follow_topics()
        self._new.begin(self._listener)
        records, self._obstacles = readable([each for each in messages if each.topic() not in self._read_again])
        self._reached |= {Partition(record.topic, record.partition): record.offset + 1 for record in records}
        return records if records or not self._obstacles else self._around(self._obstacles.pop(0), most)

    def membership(self) -> Membership:
        """Return what names the member and its generation to the broker."""
        return self._client.consumer_group_metadata()

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        with translating():
            begun = {place.topic for place in self._client.assignment()}
        return begun | {partition.topic for partition in self._new.all()}

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of `topics`."""
        self._paused |= set(topics)
        with translating():
            self._client.pause(self._begun(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of `topics` again, from where they were paused."""
        self._paused -= set(topics)
        with translating():
            self._client.resume(self._begun(topics))

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on. Raises KafkaError if it is not assigned any more."""
        # The library refuses to seek where it has stopped after unreadable bytes (confluentinc/librdkafka#2961).
        with translating():
            self._client.incremental_unassign([TopicPartition(topic, partition)])
        self._start(Partition(topic, partition), offset)

    def commit(self, positions: Positions, seconds: float) -> None:
        """Commit within the library's own timeout. Raises KafkaError."""
        with translating():
            assigned = {(place.topic, place.partition) for place in self._client.assignment()}
            for partition in set(positions) - assigned:
                raise CommitFailedError(f"{partition} is not assigned any more")
            committed = self._client.commit(offsets=with_metadata(positions), asynchronous=False)
        for place in committed or ():
            if place.error:
                raise translated(place.error)

    def close(self, seconds: float) -> None:
        """Leave the group without a commit; do nothing if closed already."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(KafkaError), translating():
            try:
                self._client.unsubscribe()
                self._give_back(time.monotonic() + seconds)
            finally:
                self._client.close()

    def _begun(self, topics: Collection[str]) -> list[TopicPartition]:
        return [place for place in self._client.assignment() if place.topic in topics]

    def _give_back(self, deadline: float) -> None:
        """Poll until no assignment is left, new or old, or until the deadline.

        A client that gets a new assignment while it closes can hang forever (confluentinc/librdkafka#4884).
        """
        while self._client.consume(QUEUED_RECORDS, 0) or self._client.assignment():
            if time.monotonic() > deadline:
                break
            self._client.poll(0.01)

    def _assigned(self, client: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        client.incremental_assign([])  # they are assigned once it is known where to begin
        self._new.add(plain(places))

    def _revoked(self, client: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._end(plain(places), is_lost=False)

    def _lost(self, client: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._end(plain(places), is_lost=True)

    def _end(self, partitions: Collection[Partition], is_lost: bool) -> None:
        """End partitions; those of the same topics that stay begin again at their committed offsets."""
        self._listener.end(partitions, is_lost)
        self._new.remove(partitions)
        topics = {partition.topic for partition in partitions}
        places = self._begun(topics)
        self._client.incremental_unassign(places)
        self._new.add(set(plain(places)) - set(partitions))
        self._read_again |= topics
        self._obstacles = [each for each in self._obstacles if each.topic() not in topics]
        self._reached = {each: offset for each, offset in self._reached.items() if each.topic not in topics}
        self._out_of_range = {each: where for each, where in self._out_of_range.items() if each.topic not in topics}

    def _follow_topics(self) -> None:
        """Read topics that were created again from their beginning."""
        if places := self._begun(self._lookups.recreated(self._topic_ids)):
            self._end(plain(places), is_lost=True)
            self._new.add(plain(places))

    def _look_up(self, partitions: Sequence[Partition]) -> list[PartitionState]:
        """Return where the group has read to, and what the log has. Raises KafkaError."""
        states = self._lookups.states(partitions, self._client.committed, self._out_of_range)
        self._topic_ids[partitions[0].topic] = states[0].topic_id
        return states

    def _start(self, partition: Partition, offset: int) -> None:
        place = TopicPartition(*partition, offset)
        self._out_of_range.pop(partition, None)
        self._reached[partition] = offset
        with translating():
            self._client.incremental_assign([place])
            # The library keeps a partition paused that was unassigned and came back.
            (self._client.pause if partition.topic in self._paused else self._client.resume)([place])

    def _note_out_of_range(self, partition: Partition, offset: int | None) -> None:
        """Begin a partition again whose next record, at `offset`, is not in the log any more."""
        if offset not in (None, self._reached[partition]):  # taken from bytes that the library could not read
            self.skip(*partition, self._reached[partition])
            return
        self._out_of_range[partition] = Position(self._reached[partition], self._topic_ids[partition.topic])
        with translating():
            self._client.incremental_unassign([TopicPartition(*partition)])
        self._new.add([partition])

    def _around(self, obstacle: Message, most: int) -> list[ReceivedRecord]:
        """Return what kafka-python reads where this library found no record. Raises UnreadableRecords, KafkaError."""
        error, topic, partition = obstacle.error(), str(obstacle.topic()), int(obstacle.partition() or 0)
        if error and error.code() not in UNREADABLE:
            if error.code() != Code._AUTO_OFFSET_RESET:
                raise translated(error)
            self._note_out_of_range(Partition(topic, partition), obstacle.offset())
            return []
        if error and error.code() == Code.INVALID_MSG and obstacle.offset() is not None:
            # The broker itself found corrupt bytes there: no other client can say more.
            at = int(obstacle.offset() or 0)
            self.skip(topic, partition, at)
            raise UnreadableRecords(topic, partition, at, at + 1, translated(error))
        position = self._reached[Partition(topic, partition)]
        # The library would go on in the middle of the batch that it could not read, at a wrong offset.
        self.skip(topic, partition, position)
        records = read_from(self._servers, topic, partition, position, most)
        if records:
            self.skip(topic, partition, records[-1].offset + 1)
        return records
