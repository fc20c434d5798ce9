"""Records in and out: poll, send, and the two ways to commit."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, KafkaTimeoutError

from petalstream.broker.mends import UnreadableRecords
from petalstream.messages import Message, ReceivedRecord

Membership = Any
Offsets = Mapping[TopicPartition, OffsetAndMetadata]


def poll(consumer: KafkaConsumer, seconds: float, most: int) -> list[ReceivedRecord]:
    """Up to `most` records, in order within each partition; none after `seconds`. Raises UnreadableRecords."""
    try:
        polled = consumer.poll(timeout_ms=int(seconds * 1000), max_records=most)
    except UnreadableRecords as error:
        # An end that was read from corrupt bytes may lie anywhere.
        end = consumer.highwater(TopicPartition(error.topic, error.partition))
        error.next = max(error.first + 1, min(error.next, end if end is not None else error.next))
        raise
    return [record for of_partition in polled.values() for record in of_partition]


def membership(consumer: KafkaConsumer) -> Membership:
    """Which member of which generation of the group this is, in which state: while it stays the same, so does what
    partitions it has.
    """
    return consumer.group_metadata()


def send(producer: KafkaProducer, message: Message) -> Any:
    """Hand one message to the producer; the future's get() raises KafkaError where the broker did not take it."""
    return producer.send(message.topic, message.value, message.key, message.headers)


def offsets_after(records: Iterable[ReceivedRecord]) -> dict[TopicPartition, OffsetAndMetadata]:
    """What to commit once all of `records` are dealt with: the offset after the last one, by partition."""
    return {TopicPartition(record.topic, record.partition): OffsetAndMetadata(record.offset + 1) for record in records}


def commit(consumer: KafkaConsumer, membership: Membership, offsets: Offsets, seconds: float) -> None:
    """Commit within `seconds`. Raises KafkaError, so where `membership` is no longer the consumer's."""
    # The client commits as the member that it has become by now, whose partitions these may not be any more. Between
    # this look and the commit nothing changes it: a join begins in poll(), and one that has begun shows in the state.
    if consumer.group_metadata() != membership:
        raise CommitFailedError("the group was rebalanced since these records were polled")
    consumer.commit(offsets, timeout_ms=int(seconds * 1000))


def commit_in_transaction(
    producer: KafkaProducer, membership: Membership, offsets: Offsets, left: Callable[[], float]
) -> None:
    """Add `offsets` to the open transaction and commit it, within the seconds that are `left`. Raises KafkaError.

    The broker refuses where `membership` is no longer that of a member. After an error only a new producer of the
    same id can tell what became of the transaction.
    """
    # The client's own methods for the two wait without a bound.
    manager = producer._transaction_manager
    _await(producer, manager.send_offsets_to_transaction(offsets, membership), "offsets", left())
    _await(producer, manager.begin_commit(), "commit", left())


def _await(producer: KafkaProducer, result: Any, what: str, seconds: float) -> None:
    producer._sender.wakeup()
    if not result.wait(timeout_ms=int(seconds * 1000)):
        raise KafkaTimeoutError(f"the broker did not take the transaction's {what} in time")
