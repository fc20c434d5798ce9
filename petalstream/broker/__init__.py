"""The one door to Kafka: nothing outside of this folder imports the client."""

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import (
    AuthorizationError,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFencedError,
    UnsupportedCodecError,
)

from petalstream.broker.clients import (
    close_producer,
    new_consumer,
    new_producer,
    new_transactional_producer,
)
from petalstream.broker.mends import UnreadableRecords
from petalstream.broker.topics import Lag, commit_offsets, create_topics, lags, most_bytes, read_topic, record_count
from petalstream.broker.transfer import Membership, commit, commit_in_transaction, membership, offsets_after, poll, send

__all__ = [
    "AuthorizationError",
    "FencedInstanceIdError",
    "InvalidProducerEpochError",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "Lag",
    "Membership",
    "MessageSizeTooLargeError",
    "ProducerFencedError",
    "UnreadableRecords",
    "UnsupportedCodecError",
    "close_producer",
    "commit",
    "commit_in_transaction",
    "commit_offsets",
    "create_topics",
    "lags",
    "membership",
    "most_bytes",
    "new_consumer",
    "new_producer",
    "new_transactional_producer",
    "offsets_after",
    "poll",
    "read_topic",
    "record_count",
    "send",
]
