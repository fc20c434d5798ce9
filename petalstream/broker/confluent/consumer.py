"""Records in, and how far they are dealt with, through confluent-kafka."""

import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

import confluent_kafka
from confluent_kafka import Message, TopicPartition

from petalstream.broker import interfaces
from petalstream.broker.confluent.errors import UNREADABLE, translated, translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.records import offsets_after, readable
from petalstream.broker.errors import CommitFailedError, KafkaError
from petalstream.broker.topics import read_from
from petalstream.messages import ReceivedRecord

ANSWER_SECONDS = 5
QUEUED_RECORDS = 2_000


@dataclass(frozen=True)
class Membership:
    """Counts the rebalances; `metadata` is the member as the broker knows it, None between two assignments."""

    number: int
    metadata: object | None


class Consumer:
    """petalstream.broker.Consumer through confluent-kafka."""

    def __init__(self, servers: str, group: str, instance_id: str) -> None:
        self._servers = servers
        self._client = confluent_kafka.Consumer(_options(servers, group, instance_id), logger=log)
        self._membership = Membership(0, None)
        self._reached: dict[tuple[str, int], int] = {}
        self._obstacle: Message | KafkaError | None = None
        self._is_closed = False

    def subscribe(self, pattern: str) -> None:
        """Read the topics that match, also those that come later."""
        self._client.subscribe([pattern], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Up to `most` records, as soon as there are any; none after `seconds`.

        Raises UnreadableRecords, KafkaError.
        """
        if self._obstacle:
            return self._around(self._obstacle, most)
        with translating():
            first = self._client.poll(seconds)
            if first is None:
                return []
            polled_as = self._membership
            # Were it asked for all of them at once, the library would wait until there are as many.
            messages = [first, *(self._client.consume(most - 1, 0) if most > 1 else ())]
        if self._membership is not polled_as:
            raise CommitFailedError("the group was rebalanced in the middle of a poll")
        records, self._obstacle = readable(messages)
        self._reached |= {(record.topic, record.partition): record.offset + 1 for record in records}
        return records if records or not self._obstacle else self._around(self._obstacle, most)

    def membership(self) -> Membership:
        """Which member of the group this is since the last rebalance that a poll has told of."""
        return self._membership

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of the assigned partitions of `topics`."""
        with translating():
            self._client.pause(self._partitions(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of the assigned partitions of `topics` again, from where they were paused."""
        with translating():
            self._client.resume(self._partitions(topics))

    def commit(self, membership: Membership, records: Iterable[ReceivedRecord], seconds: float) -> None:
        """Commit; the library itself gives up. Raises KafkaError, so where `membership` is no longer the consumer's."""
        # A rebalance waits until a poll has told of it, and so cannot come between this look and the commit.
        if self._membership != membership:
            raise CommitFailedError("the group was rebalanced since these records were polled")
        with translating():
            committed = self._client.commit(offsets=offsets_after(records), asynchronous=False)
        for place in committed or ():
            if place.error:
                raise translated(place.error)

    def close(self, seconds: float) -> None:
        """Leave, committing nothing; once closed, do nothing."""
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

        A client that meets a new assignment while it closes can hang for ever (confluentinc/librdkafka#4884).
        """
        while self._client.consume(QUEUED_RECORDS, 0) or self._client.assignment():
            if time.monotonic() > deadline:
                break
            self._client.poll(0.01)

    def _assigned(self, client: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._reached = {}
        self._membership = Membership(self._membership.number + 1, client.consumer_group_metadata())

    def _revoked(self, client: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._membership = Membership(self._membership.number + 1, None)

    def _around(self, obstacle: Message | KafkaError, most: int) -> list[ReceivedRecord]:
        """What kafka-python reads where this library cannot go on; after that only new clients help.

        Raises UnreadableRecords, KafkaError.
        """
        if isinstance(obstacle, KafkaError):
            raise obstacle
        error = obstacle.error()
        if error and error.code() not in UNREADABLE:
            raise translated(error)
        topic, partition = str(obstacle.topic()), int(obstacle.partition() or 0)
        said = error.str() if error else "a header's name is not UTF-8"
        self._obstacle = KafkaError(f"{topic}[{partition}] cannot be read on: {said}")
        return read_from(self._servers, topic, partition, self._position(topic, partition), most)

    def _position(self, topic: str, partition: int) -> int | None:
        """The offset to read next, None where nothing is committed nor read."""
        if reached := self._reached.get((topic, partition)):
            return reached
        with translating():
            (place,) = self._client.committed([TopicPartition(topic, partition)], ANSWER_SECONDS)
        return int(place.offset) if place.offset >= 0 else None


def _options(servers: str, group: str, instance_id: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": servers,
        "group.id": group,
        "group.instance.id": instance_id,
        # The one that kafka-python prefers, so that both can be members of one group.
        "partition.assignment.strategy": "range",
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "allow.auto.create.topics": False,
        "check.crcs": True,
        "fetch.max.bytes": interfaces.FETCH_BYTES,
        "max.partition.fetch.bytes": interfaces.PARTITION_FETCH_BYTES,
        "queued.max.messages.kbytes": interfaces.FETCH_BYTES // 1024,
        "queued.min.messages": QUEUED_RECORDS,
        # By default a queue that is full is looked at again after a second.
        "fetch.queue.backoff.ms": 2,
        "topic.metadata.refresh.interval.ms": interfaces.METADATA_MS,
        "session.timeout.ms": interfaces.SESSION_MS,
        "heartbeat.interval.ms": interfaces.HEARTBEAT_MS,
        "reconnect.backoff.max.ms": interfaces.MOST_RECONNECT_MS,
        "socket.timeout.ms": ANSWER_SECONDS * 1000,
    }
