"""Records in, and offsets committed, through kafka-python."""

from collections.abc import Collection
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import OffsetOutOfRangeError
from kafka.structs import MemberState

from petalstream.broker.errors import (
    KafkaError,
    TopicAuthorizationFailedError,
    UnreadableRecords,
    UnreadableTopics,
)
from petalstream.broker.interfaces import Membership, PartitionProgress
from petalstream.broker.kafka_python import connection
from petalstream.broker.kafka_python.assignment import Assignment
from petalstream.broker.kafka_python.offsets import naming_topics, with_metadata
from petalstream.broker.partitions import Partition, PartitionListener, Positions
from petalstream.messages import ReceivedRecord


class Consumer:
    """petalstream.broker.Consumer through kafka-python."""

    def __init__(self, client: KafkaConsumer, assignor: CooperativeStickyAssignor) -> None:
        self.client = client
        self._assignment = Assignment(client, assignor)
        self._ends: connection.Ends = {}

    def subscribe(self, topics: Collection[str], listener: PartitionListener) -> None:
        """Read these topics, and no others any more."""
        self._assignment.listener = listener
        self.client.subscribe(sorted(topics), listener=self._assignment.rebalances)

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records, none after `seconds`. Raises UnreadableRecords, UnreadableTopics, KafkaError."""
        records: list[ReceivedRecord] = []
        obstacle: UnreadableRecords | UnreadableTopics | None = None
        try:
            with naming_topics():
                records = poll(self.client, seconds, most)
        except OffsetOutOfRangeError as error:
            self._assignment.begin_again(error.args[0])
        except (UnreadableRecords, UnreadableTopics) as error:
            obstacle = error
        # The client says nothing of a topic that it may not describe.
        if denied := self.client._cluster.unauthorized_topics & self.client.subscription():
            obstacle = UnreadableTopics(denied, TopicAuthorizationFailedError("no permission to describe it"))
        read_again = self._assignment.update()
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
        begun = self._assignment.begun()
        return [each for each in connection.progress(self.client, self._ends) if each[:2] in begun]

    def refresh_ends(self, seconds: float) -> None:
        """Ask the broker for the last stable offsets. Raises KafkaError."""
        self._ends.update(connection.last_stable_offsets(self.client, seconds))

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of `topics`."""
        self._assignment.pause(topics)

    def resume(self, topics: Collection[str]) -> None:
        """Return records of `topics` again, from where they were paused."""
        self._assignment.resume(topics)

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on. Raises CommitFailedError if it is not assigned any more."""
        self._assignment.check([Partition(topic, partition)])
        self.client.seek(TopicPartition(topic, partition), offset)

    def commit(self, positions: Positions, seconds: float) -> None:
        """Commit within `seconds`. Raises KafkaError."""
        self._assignment.check(positions)
        with naming_topics():
            self.client.commit(with_metadata(positions), timeout_ms=int(seconds * 1000))

    def close(self, seconds: float) -> None:
        """Leave the group within `seconds` without a commit."""
        with suppress(KafkaError):
            self.client.close(autocommit=False, timeout_ms=int(seconds * 1000))


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
