"""Access to Kafka: no module outside of this package imports a client.

The stream uses the client that KAFKA_CLIENT names. Operators' tools and the functions for whole topics use
kafka-python.
"""

from petalstream.broker.choice import client
from petalstream.broker.compacted import CompactedReader, create_compacted_topic, write_compacted
from petalstream.broker.creation import create_topics
from petalstream.broker.errors import (
    RECORD_ERRORS,
    TOPIC_ERRORS,
    AuthorizationError,
    ClientNotInstalled,
    CommitFailedError,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NeighbourRefused,
    ProducerFencedError,
    UnreadableRecords,
    UnreadableTopics,
    UnsupportedCodecError,
)
from petalstream.broker.interfaces import Client, Consumer, Membership, Producer, Sender
from petalstream.broker.kafka_python.clients import close_producer, new_producer
from petalstream.broker.kafka_python.producer import send
from petalstream.broker.membership import forget_old_subscription
from petalstream.broker.topics import (
    Lag,
    commit_offsets,
    is_committed,
    lags,
    read_topic,
    record_count,
    topics,
)

__all__ = [
    "RECORD_ERRORS",
    "TOPIC_ERRORS",
    "AuthorizationError",
    "Client",
    "ClientNotInstalled",
    "CommitFailedError",
    "CompactedReader",
    "Consumer",
    "FencedInstanceIdError",
    "InvalidProducerEpochError",
    "KafkaError",
    "KafkaTimeoutError",
    "Lag",
    "Membership",
    "MessageSizeTooLargeError",
    "NeighbourRefused",
    "Producer",
    "ProducerFencedError",
    "Sender",
    "UnreadableRecords",
    "UnreadableTopics",
    "UnsupportedCodecError",
    "client",
    "close_producer",
    "commit_offsets",
    "create_compacted_topic",
    "create_topics",
    "forget_old_subscription",
    "is_committed",
    "lags",
    "new_producer",
    "read_topic",
    "record_count",
    "send",
    "topics",
    "write_compacted",
]
