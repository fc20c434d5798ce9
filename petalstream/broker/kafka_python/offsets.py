"""Offsets, positions and ids of topics as kafka-python has them, and its refusals with the topic's name."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from petalstream.broker.errors import TopicAuthorizationFailedError, UnreadableTopics
from petalstream.broker.partitions import Position, Positions


def with_metadata(positions: Positions) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what the client commits: the id of the topic is the metadata of an offset.

    It has the byte that ends a text in C, as confluent-kafka commits it: that client reads on until it finds one.
    """
    return {
        TopicPartition(*partition): OffsetAndMetadata(position.offset, f"{position.topic_id}\0")
        for partition, position in positions.items()
    }


def committed_position(committed: OffsetAndMetadata | None) -> Position | None:
    """Return the position that a group has committed, perhaps with the byte that ends a text in C; None if none."""
    if committed is None:
        return None
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
