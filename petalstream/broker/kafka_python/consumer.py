"""Records in, and offsets committed, through kafka-python."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition

from petalstream.broker.errors import (
    CommitFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnreadableRecords,
    UnreadableTopics,
)
from petalstream.broker.interfaces import Membership
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

    def subscribe(self, topics: Collection[str]) -> None:
        """Read these topics, and no others any more."""
        self.client.subscribe(sorted(topics), listener=_Resume(self.client))

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records, none after `seconds`. Raises UnreadableRecords, UnreadableTopics, KafkaError."""
        with _naming_topics():
            records = poll(self.client, seconds, most)
        # The client says nothing of a topic that it may not describe.
        if denied := self.client._cluster.unauthorized_topics & self.client.subscription():
            raise UnreadableTopics(denied, TopicAuthorizationFailedError("no permission to describe it"))
        return records

    def membership(self) -> Membership:
        """Return the member's id, the group's generation and the member's state."""
        return self.client.group_metadata()

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        return {place.topic for place in self.client.assignment()}

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
        with _naming_topics():
            self.client.commit(offsets_after(records), timeout_ms=int(seconds * 1000))

    def close(self, seconds: float) -> None:
        """Leave the group within `seconds` without a commit."""
        with suppress(KafkaError):
            self.client.close(autocommit=False, timeout_ms=int(seconds * 1000))

    def _assigned(self, topics: Collection[str]) -> list[TopicPartition]:
        return [place for place in self.client.assignment() if place.topic in topics]


@contextmanager
def _naming_topics() -> Iterator[None]:
    try:
        yield
    except TopicAuthorizationFailedError as error:
        raise UnreadableTopics(error.args[0], TopicAuthorizationFailedError("no permission to read it")) from error


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
