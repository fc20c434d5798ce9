"""Records in, and offsets committed, through confluent-kafka."""

import time
from collections.abc import Collection
from contextlib import suppress

import confluent_kafka
from confluent_kafka import Message

from petalstream.broker.confluent.assignment import Assignment, topic_partitions
from petalstream.broker.confluent.errors import UNREADABLE, Code, translated, translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.options import QUEUED_RECORDS, consumer_options
from petalstream.broker.confluent.records import readable, with_metadata
from petalstream.broker.confluent.statistics import Statistics
from petalstream.broker.errors import (
    CommitFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnreadableRecords,
    UnreadableTopics,
)
from petalstream.broker.interfaces import Membership, PartitionProgress
from petalstream.broker.partitions import Partition, PartitionListener, Positions
from petalstream.broker.topics import read_from
from petalstream.messages import ReceivedRecord


class Consumer:
    """petalstream.broker.Consumer through confluent-kafka."""

    def __init__(self, servers: str, group: str, instance_id: str) -> None:
        self._servers = servers
        self._statistics = Statistics()
        options = {**consumer_options(servers, group, instance_id), **self._statistics.options()}
        self._client = confluent_kafka.Consumer(options, logger=log)
        self._assignment = Assignment(self._client, servers)
        self._obstacles: list[Message] = []
        self._is_closed = False

    def subscribe(self, topics: Collection[str], listener: PartitionListener) -> None:
        """Read these topics, and no others any more."""
        held = self._assignment
        held.listener = listener
        self._client.subscribe(sorted(topics), on_assign=held.on_assign, on_revoke=held.on_revoke, on_lost=held.on_lost)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records as soon as there are any, none after `seconds`.

        Raises UnreadableRecords, UnreadableTopics, KafkaError.
        """
        held = self._assignment
        held.read_again = set()
        messages = [] if self._obstacles else self._poll(seconds, most)
        held.update()
        records, obstacles = readable([each for each in messages if each.topic() not in held.read_again])
        self._obstacles = [each for each in self._obstacles if each.topic() not in held.read_again] + obstacles
        held.reached |= {Partition(record.topic, record.partition): record.offset + 1 for record in records}
        return records if records or not self._obstacles else self._around(self._obstacles.pop(0), most)

    def membership(self) -> Membership:
        """Return what names the member and its generation to the broker."""
        return self._client.consumer_group_metadata()

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        return self._assignment.topics()

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker."""
        return self._statistics.is_connected

    def has_joined(self) -> bool:
        """Whether the consumer is a member of its group now, and no rebalance is under way."""
        return self._assignment.has_joined

    def progress(self) -> list[PartitionProgress]:
        """Return the progress in each partition that is begun."""
        with translating():
            return self._statistics.progress(self._client.position(topic_partitions(self._assignment.begun)))

    def refresh_ends(self, seconds: float) -> None:
        """Ask the broker for the ends of paused partitions. Raises KafkaError."""
        with translating():
            self._statistics.ask_for_ends(self._client, self._assignment.paused(), seconds)

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of `topics`."""
        self._assignment.pause(topics)

    def resume(self, topics: Collection[str]) -> None:
        """Return records of `topics` again, from where they were paused."""
        self._assignment.resume(topics)

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on. Raises KafkaError if it is not assigned any more."""
        self._assignment.read_from(Partition(topic, partition), offset)

    def commit(self, positions: Positions, seconds: float) -> None:
        """Commit within the library's own timeout. Raises KafkaError."""
        for partition in set(positions) - self._assignment.begun:
            raise CommitFailedError(f"{partition} is not assigned any more")
        try:
            with translating():
                committed = self._client.commit(offsets=with_metadata(positions), asynchronous=False)
        except TopicAuthorizationFailedError as error:  # where the broker has refused every partition
            raise UnreadableTopics({partition.topic for partition in positions}, error) from error
        for each in committed or ():
            if each.error and each.error.code() == Code.TOPIC_AUTHORIZATION_FAILED:
                raise UnreadableTopics([each.topic], translated(each.error))
            if each.error:
                raise translated(each.error)

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

    def _poll(self, seconds: float, most: int) -> list[Message]:
        with translating():
            first = self._client.poll(seconds)
            if first is None or most == 1:
                return [first] if first else []
            # If it were asked for all of them at once, the library would wait until there are as many.
            return [first, *self._client.consume(most - 1, 0)]

    def _give_back(self, deadline: float) -> None:
        """Poll until no assignment is left, new or old, or until the deadline.

        A client that gets a new assignment while it closes can hang forever (confluentinc/librdkafka#4884).
        """
        while self._client.consume(QUEUED_RECORDS, 0) or self._client.assignment():
            if time.monotonic() > deadline:
                break
            self._client.poll(0.01)

    def _around(self, obstacle: Message, most: int) -> list[ReceivedRecord]:
        """Return what kafka-python reads where this library found no record. Raises UnreadableRecords, KafkaError."""
        error, partition = obstacle.error(), Partition(str(obstacle.topic()), int(obstacle.partition() or 0))
        if error and error.code() not in UNREADABLE:
            return self._meet(error, partition, obstacle)
        if error and error.code() == Code.INVALID_MSG and obstacle.offset() is not None:
            # The broker itself found corrupt bytes there: no other client can say more.
            at = int(obstacle.offset() or 0)
            self.skip(*partition, at)
            raise UnreadableRecords(*partition, at, at + 1, translated(error))
        position = self._assignment.reached[partition]
        # The library would go on in the middle of the batch that it could not read, at a wrong offset.
        self.skip(*partition, position)
        records = read_from(self._servers, *partition, position, most)
        if records:
            self.skip(*partition, records[-1].offset + 1)
        return records

    def _meet(self, error: confluent_kafka.KafkaError, partition: Partition, obstacle: Message) -> list[ReceivedRecord]:
        """Do what an error asks for that is not about bytes; raise it otherwise."""
        if error.code() == Code.TOPIC_AUTHORIZATION_FAILED:
            raise UnreadableTopics([partition.topic], translated(error))
        if error.code() == Code.UNKNOWN_TOPIC_OR_PART and obstacle.offset() is None:
            return []  # a topic that does not exist yet
        if error.code() != Code._AUTO_OFFSET_RESET:
            raise translated(error)
        self._assignment.begin_again(partition, obstacle.offset())
        return []
