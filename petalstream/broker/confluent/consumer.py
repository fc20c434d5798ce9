"""Records in, and offsets committed, through confluent-kafka."""

import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, Message, TopicPartition

from petalstream.broker.confluent.errors import UNREADABLE, Code, translated, translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.options import ANSWER_SECONDS, QUEUED_RECORDS, consumer_options
from petalstream.broker.confluent.records import offsets_after, readable
from petalstream.broker.errors import CommitFailedError, KafkaError, UnreadableRecords, UnreadableTopics
from petalstream.broker.topics import read_from
from petalstream.messages import ReceivedRecord


@dataclass(frozen=True)
class Membership:
    """Counts the rebalances; `metadata` names the member to the broker and is None between two assignments."""

    number: int
    metadata: object | None


class Consumer:
    """petalstream.broker.Consumer through confluent-kafka."""

    def __init__(self, servers: str, group: str, instance_id: str) -> None:
        self._servers = servers
        self._client = confluent_kafka.Consumer(consumer_options(servers, group, instance_id), logger=log)
        self._membership = Membership(0, None)
        self._reached: dict[tuple[str, int], int] = {}
        self._obstacles: list[Message] = []
        self._is_closed = False

    def subscribe(self, topics: Collection[str]) -> None:
        """Read these topics, and no others any more."""
        self._client.subscribe(sorted(topics), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records as soon as there are any, none after `seconds`.

        Raises UnreadableRecords, UnreadableTopics, KafkaError.
        """
        if self._obstacles:
            return self._around(self._obstacles.pop(0), most)
        with translating():
            first = self._client.poll(seconds)
            if first is None:
                return []
            polled_as = self._membership
            # If it were asked for all of them at once, the library would wait until there are as many.
            messages = [first, *(self._client.consume(most - 1, 0) if most > 1 else ())]
        if self._membership is not polled_as:
            raise CommitFailedError("the group was rebalanced in the middle of a poll")
        records, self._obstacles = readable(messages)
        self._reached |= {(record.topic, record.partition): record.offset + 1 for record in records}
        return records if records or not self._obstacles else self._around(self._obstacles.pop(0), most)

    def membership(self) -> Membership:
        """Return the membership since the last rebalance that a poll has met."""
        return self._membership

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        with translating():
            return {place.topic for place in self._client.assignment()}

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of the assigned partitions of `topics`."""
        with translating():
            self._client.pause(self._partitions(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of the assigned partitions of `topics` again, from where they were paused."""
        with translating():
            self._client.resume(self._partitions(topics))

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on. Raises KafkaError if it is not assigned any more."""
        with translating():
            self._client.seek(TopicPartition(topic, partition, offset))
        self._reached[topic, partition] = offset

    def commit(self, membership: Membership, records: Iterable[ReceivedRecord], seconds: float) -> None:
        """Commit within the library's own timeout. Raises KafkaError, also if `membership` is no longer current."""
        # A rebalance waits for the next poll, and so cannot come between this check and the commit.
        if self._membership != membership:
            raise CommitFailedError("the group was rebalanced since these records were polled")
        with translating():
            committed = self._client.commit(offsets=offsets_after(records), asynchronous=False)
        for place in committed or ():
            if place.error and place.error.code() == Code.TOPIC_AUTHORIZATION_FAILED:
                raise UnreadableTopics([place.topic], translated(place.error))
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

    def _partitions(self, topics: Collection[str]) -> list[TopicPartition]:
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
        client.assign(places)
        # The library keeps a partition paused that was revoked and came back.
        client.resume(places)
        self._reached, self._obstacles = {}, []
        self._membership = Membership(self._membership.number + 1, client.consumer_group_metadata())

    def _revoked(self, client: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._obstacles = []
        self._membership = Membership(self._membership.number + 1, None)

    def _around(self, obstacle: Message, most: int) -> list[ReceivedRecord]:
        """Return what kafka-python reads where this library found no record. Raises UnreadableRecords, KafkaError."""
        error = obstacle.error()
        if error and error.code() == Code.TOPIC_AUTHORIZATION_FAILED:
            raise UnreadableTopics([str(obstacle.topic())], translated(error))
        if error and error.code() == Code.UNKNOWN_TOPIC_OR_PART and obstacle.offset() is None:
            return []  # a topic that does not exist yet
        if error and error.code() not in UNREADABLE:
            raise translated(error)
        topic, partition = str(obstacle.topic()), int(obstacle.partition() or 0)
        if error and error.code() == Code.INVALID_MSG and obstacle.offset() is not None:
            # The broker itself found corrupt bytes there: no other client can say more.
            at = int(obstacle.offset() or 0)
            self.skip(topic, partition, at)
            raise UnreadableRecords(topic, partition, at, at + 1, translated(error))
        position = self._position(topic, partition)
        # The library would go on in the middle of the batch that it could not read, at a wrong offset.
        self.skip(topic, partition, OFFSET_BEGINNING if position is None else position)
        records = read_from(self._servers, topic, partition, position, most)
        if records:
            self.skip(topic, partition, records[-1].offset + 1)
        return records

    def _position(self, topic: str, partition: int) -> int | None:
        """Return the offset to read next, None if nothing was committed or read."""
        reached = self._reached.get((topic, partition), OFFSET_BEGINNING)
        if reached >= 0:
            return reached
        with translating():
            (place,) = self._client.committed([TopicPartition(topic, partition)], ANSWER_SECONDS)
        return int(place.offset) if place.offset >= 0 else None
