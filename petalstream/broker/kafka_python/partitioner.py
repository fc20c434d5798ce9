"""Chooses the partition of a key."""

from typing import Any

from kafka.partitioner import DefaultPartitioner, murmur2


class ByKey(DefaultPartitioner):  # type: ignore[misc]
    """Chooses as the client's own partitioner and Java's do, without building lists of partitions for each record."""

    def partition(
        self,
        topic: str,
        key: Any,
        serialized_key: bytes | None,
        value: Any,
        serialized_value: bytes | None,
        cluster: Any,
    ) -> int:
        """Return the partition of a key, or any partition that has a leader if there is no key."""
        partitions = cluster.partitions_for_topic(topic)
        if serialized_key is None or not partitions:
            chosen: int = super().partition(topic, key, serialized_key, value, serialized_value, cluster)
            return chosen
        hashed: int = murmur2(serialized_key)
        return (hashed & 0x7FFFFFFF) % len(partitions)
