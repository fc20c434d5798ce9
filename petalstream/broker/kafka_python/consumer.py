"""Records in, and offsets committed, through kafka-python."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.structs import MemberState

from petalstream.broker.errors import CommitFailedError, KafkaError, UnreadableRecords
from petalstream.broker.interfaces import Membership, PartitionProgress
from petalstream.broker.kafka_python import connection
from petalstream.messages import ReceivedRecord


class _Resume(ConsumerRebalanceListener):  # type: ignore[misc]
    """Resumes all partitions after a rebalance; the client keeps those paused that stay with it."""

    def __init__(self, client: KafkaConsumer) -> None:
        self._client = client

    def on_partitions_revoked(self, revoked: object) -> None:
        """Do nothing."""

    def on_partitions_assigned(self, assigned: object) -> None:
        """Resume all partitions."""
        self._client.resume(*self._client.assignment())


@dataclass(frozen=True)
class Consumer:
    """petalstream.broker.Consumer through kafka-python."""

    client: KafkaConsumer
    _ends: connection.Ends = field(default_factory=dict, compare=False)

    def subscribe(self, pattern: str) -> None:
        """Read the topics that match `pattern`, including topics that are created later."""
        self.client.subscribe(pattern=pattern, listener=_Resume(self.client))

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records, none after `seconds`. Raises UnreadableRecords, KafkaError."""
        return poll(self.client, seconds, most)

    def membership(self) -> Membership:
        """Return the member's id, the group's generation and the member's state."""
        return self.client.group_metadata()

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        return {place.topic for place in self.client.assignment()}

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker."""
        return connection.is_connected(self.client)

    def has_joined(self) -> bool:
        """Whether the consumer is a member of its group now, and no rebalance is under way."""
        return bool(self.client.group_metadata().state == MemberState.STABLE)

    def progress(self) -> list[PartitionProgress]:
        """Return the progress in each assigned partition."""
        return connection.progress(self.client, self._ends)

    def refresh_ends(self, seconds: float) -> None:
        """Ask the broker for the last stable offsets. Raises KafkaError."""
        self._ends.update(connection.last_stable_offsets(self.client, seconds))

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of the assigned partitions of `topics`."""
        self.client.pause(*self._assigned(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of the assigned partitions of `topics` again, from where they were paused."""
        self.client.resume(*self._assigned(topics))

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on. Raises CommitFailedError if it is not assigned any more."""
        place = TopicPartition(topic, partition)
        if place not in self.client.assignment():
            raise CommitFailedError(f"{topic}[{partition}] is not assigned any more")
        self.client.seek(place, offset)

    def commit(self, membership: Membership, records: Iterable[ReceivedRecord], seconds: float) -> None:
        """Commit within `seconds`. Raises KafkaError, also if `membership` is no longer the current one."""
        # The client commits as its current member, which may not own these partitions any more. Nothing changes the
        # member between this check and the commit: a join begins in poll(), and one that has begun shows in the state.
        if self.client.group_metadata() != membership:
            raise CommitFailedError("the group was rebalanced since these records were polled")
        self.client.commit(offsets_after(records), timeout_ms=int(seconds * 1000))

    def close(self, seconds: float) -> None:
        """Leave the group within `seconds` without a commit."""
        with suppress(KafkaError):
            self.client.close(autocommit=False, timeout_ms=int(seconds * 1000))

    def _assigned(self, topics: Collection[str]) -> list[TopicPartition]:
        return [place for place in self.client.assignment() if place.topic in topics]


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


def offsets_after(records: Iterable[ReceivedRecord]) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what to commit after `records`: for each partition the offset after the last one."""
    last = {(record.topic, record.partition): record.offset for record in records}
    return {TopicPartition(*place): OffsetAndMetadata(offset + 1) for place, offset in last.items()}
