"""The one door to Kafka: nothing outside of this folder imports a client.

The stream goes through the client that KAFKA_CLIENT chooses; operators' tools, and what is done to topics as a whole,
go through kafka-python.
"""

from petalstream.broker.choice import client
from petalstream.broker.compacted import CompactedReader, create_compacted_topic, write_compacted
from petalstream.broker.door import Client, Consumer, Meanwhile, Membership, Producer, Sender
from petalstream.broker.errors import (
    AuthorizationError,
    ClientNotInstalled,
    CommitFailedError,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFencedError,
    UnreadableRecords,
    UnsupportedCodecError,
)
from petalstream.broker.kafka_python.clients import close_producer, new_producer
from petalstream.broker.kafka_python.producer import send
from petalstream.broker.topics import Lag, commit_offsets, create_topics, lags, most_bytes, read_topic, record_count

__all__ = [
    "AuthorizationError",
    "Client",
    "ClientNotInstalled",
    "CommitFailedError",
    "CompactedReader",
    "Consumer",
    "FencedInstanceIdError",
    "InvalidProducerEpochError",
    "KafkaError",
    "Lag",
    "Meanwhile",
    "Membership",
    "MessageSizeTooLargeError",
    "Producer",
    "ProducerFencedError",
    "Sender",
    "UnreadableRecords",
    "UnsupportedCodecError",
    "client",
    "close_producer",
    "commit_offsets",
    "create_compacted_topic",
    "create_topics",
    "lags",
    "most_bytes",
    "new_producer",
    "read_topic",
    "record_count",
    "send",
    "write_compacted",
]
