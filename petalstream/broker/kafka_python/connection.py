"""What kafka-python knows of its connections and of its partitions."""

from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from petalstream.broker.errors import KafkaError
from petalstream.broker.interfaces import PartitionProgress

Ends = dict[TopicPartition, int]


def is_connected(client: KafkaConsumer | KafkaProducer) -> bool:
    """Whether the client is connected to at least one broker; any thread may ask."""
    network: Any = client._client if isinstance(client, KafkaConsumer) else client._sender._client
    # The network's thread adds and removes connections meanwhile.
    return any(connection.connected for connection in list(network._manager._conns.values()))


def last_stable_offsets(client: KafkaConsumer, seconds: float) -> Ends:
    """Return the last stable offsets of the assigned partitions; any thread may ask. Raises KafkaError.

    The client keeps the high watermarks only, which count the records of open transactions.
    """
    assigned = list(client.assignment())
    ends: Ends = client.end_offsets(assigned, timeout_ms=int(seconds * 1000)) if assigned else {}
    return ends


def progress(client: KafkaConsumer, ends: Ends) -> list[PartitionProgress]:
    """Return the progress in the assigned partitions, with ends that were asked for before."""
    found = []
    for partition in client.assignment():
        try:
            position = client.position(partition, timeout_ms=0)
        except KafkaError:  # it has no position yet
            position = None
        found.append(PartitionProgress(partition.topic, partition.partition, position, ends.get(partition)))
    return found
