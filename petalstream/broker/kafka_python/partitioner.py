"""Which partition a key has."""

from typing import Any

from kafka.partitioner.default import DefaultPartitioner, murmur2


class ByKey(DefaultPartitioner):  # type: ignore[misc]
    """The client's own choice, as of Java's client too, but without its lists of the partitions for every record."""

    def partition(
        self,
        topic: str,
        key: Any,
        serialized_key: bytes | None,
        value: Any,
        serialized_value: bytes | None,
        cluster: Any,
    ) -> int:
        """The partition of a key, and any one that has a leader for a record without a key."""
        partitions = cluster.partitions_for_topic(topic)
        if serialized_key is None or not partitions:
            chosen: int = super().partition(topic, key, serialized_key, value, serialized_value, cluster)
            return chosen
        hashed: int = murmur2(serialized_key)
        return (hashed & 0x7FFFFFFF) % len(partitions)
