"""Offsets, positions and ids of topics as kafka-python has them, and its refusals with the topic's name."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from petalstream.broker.errors import TopicAuthorizationFailedError, UnreadableTopics
from petalstream.broker.partitions import Position, Positions


def with_metadata(positions: Positions) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what the client commits: the id of the topic is the metadata of an offset."""
    return {
        TopicPartition(*partition): OffsetAndMetadata(position.offset, position.topic_id)
        for partition, position in positions.items()
    }


def committed_position(committed: OffsetAndMetadata | None) -> Position | None:
    """Return the position that a group has committed; None if it has committed none."""
    if committed is None:
        return None
    # confluent-kafka commits metadata with the byte that ends a text in C.
    return Position(committed.offset, (committed.metadata or "").rstrip("\0"))


def topic_id_of(client: KafkaConsumer, topic: str) -> str:
    """Return the id of a topic as Kafka's tools write it; empty where the client does not know it."""
    found = client._cluster.topic_id(topic)
    return base64.urlsafe_b64encode(found.bytes).decode().rstrip("=") if found else ""


@contextmanager
def naming_topics() -> Iterator[None]:
    """Raise the broker's refusal of a topic as UnreadableTopics."""
    try:
        yield
    except TopicAuthorizationFailedError as error:
        raise UnreadableTopics(error.args[0], TopicAuthorizationFailedError("no permission to read it")) from error
