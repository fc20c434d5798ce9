"""Access to Kafka: no module outside of this package imports a client.

The stream uses the client that KAFKA_CLIENT names. Operators' tools and the functions for whole topics use
kafka-python.
"""

from petalstream.broker import client_version  # noqa: F401 - it must run before any module of the client

# isort: split
from petalstream.broker.backlog import Backlog, PartitionBacklog, backlogs
from petalstream.broker.batch_reader import BatchReader, PositionsGone
from petalstream.broker.choice import client
from petalstream.broker.compacted import CompactedReader, create_compacted_topic, write_compacted
from petalstream.broker.creation import create_topics
from petalstream.broker.errors import (
    NO_ANSWER,
    REBALANCING,
    RECORD_ERRORS,
    TOPIC_ERRORS,
    AuthorizationError,
    ClientNotInstalled,
    CommitFailedError,
    FencedInstanceIdError,
    InconsistentGroupProtocolError,
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
from petalstream.broker.interfaces import Client, Consumer, Membership, PartitionProgress, Producer, Sender
from petalstream.broker.kafka_python.admin import Admin
from petalstream.broker.kafka_python.batches import Batch, Entry, WholeRecord
from petalstream.broker.kafka_python.clients import close_producer, new_producer
from petalstream.broker.kafka_python.offsets_producer import OffsetsProducer
from petalstream.broker.kafka_python.producer import send
from petalstream.broker.lag import Lag, ask_lags, lags
from petalstream.broker.membership import forget_old_subscription
from petalstream.broker.partitions import (
    Partition,
    PartitionListener,
    PartitionState,
    Position,
    Positions,
    positions_after,
)
from petalstream.broker.reader import TopicReader, read_topic
from petalstream.broker.topics import (
    is_committed,
    record_count,
    topics,
)
from petalstream.broker.watch import BrokerWatch

__all__ = [
    "NO_ANSWER",
    "REBALANCING",
    "RECORD_ERRORS",
    "TOPIC_ERRORS",
    "Admin",
    "AuthorizationError",
    "Backlog",
    "Batch",
    "BatchReader",
    "BrokerWatch",
    "Client",
    "ClientNotInstalled",
    "CommitFailedError",
    "CompactedReader",
    "Consumer",
    "Entry",
    "FencedInstanceIdError",
    "InconsistentGroupProtocolError",
    "InvalidProducerEpochError",
    "KafkaError",
    "KafkaTimeoutError",
    "Lag",
    "Membership",
    "MessageSizeTooLargeError",
    "NeighbourRefused",
    "OffsetsProducer",
    "Partition",
    "PartitionBacklog",
    "PartitionListener",
    "PartitionProgress",
    "PartitionState",
    "Position",
    "Positions",
    "PositionsGone",
    "Producer",
    "ProducerFencedError",
    "Sender",
    "TopicReader",
    "UnreadableRecords",
    "UnreadableTopics",
    "UnsupportedCodecError",
    "WholeRecord",
    "ask_lags",
    "backlogs",
    "client",
    "close_producer",
    "create_compacted_topic",
    "create_topics",
    "forget_old_subscription",
    "is_committed",
    "lags",
    "new_producer",
    "positions_after",
    "read_topic",
    "record_count",
    "send",
    "topics",
    "write_compacted",
]
