"""What librdkafka knows of its connections and of its partitions: its statistics, which it makes once a second."""

import json
import time
from collections.abc import Iterable
from typing import Any

import confluent_kafka
from confluent_kafka import TopicPartition

from petalstream.broker.interfaces import PartitionProgress
from petalstream.broker.partitions import Partition

INTERVAL_MS, STALE_SECONDS = 1_000, 5.0
# The states of a broker that answers requests.
CONNECTED = ("UP", "REAUTH")
NEVER = (0.0, -1)


class Statistics:
    """The latest statistics of one client, which a poll of the client brings."""

    def __init__(self) -> None:
        self._is_connected, self._noted = False, 0.0
        self._partitions: dict[Partition, dict[str, Any]] = {}
        # The last stable offsets of partitions that are not fetched now, and when the broker was asked for them.
        self._asked: dict[Partition, tuple[float, int]] = {}

    @property
    def is_connected(self) -> bool:
        """Whether the client is connected to a broker: not if it has not been polled for STALE_SECONDS.

        A commit whose broker dies ends only when a broker is there again, and nothing polls meanwhile.
        """
        return self._is_connected and time.monotonic() - self._noted < STALE_SECONDS

    def options(self) -> dict[str, Any]:
        """Return the client's settings that bring the statistics here."""
        return {"statistics.interval.ms": INTERVAL_MS, "stats_cb": self._note}

    def ask_for_ends(self, client: confluent_kafka.Consumer, paused: Iterable[TopicPartition], seconds: float) -> None:
        """Ask the broker for the ends of paused partitions, as many as `seconds` allow, first those asked longest ago.

        The library learns the end of a partition from fetching it. Raises KafkaException.
        """
        ordered = sorted(paused, key=lambda each: self._asked.get(_partition(each), NEVER))
        self._asked = {_partition(each): self._asked.get(_partition(each), NEVER) for each in ordered}
        deadline = time.monotonic() + seconds
        for each in ordered:
            if (left := deadline - time.monotonic()) <= 0:
                return
            if found := client.get_watermark_offsets(each, left):
                self._asked[_partition(each)] = (time.monotonic(), found[1])

    def progress(self, positions: Iterable[TopicPartition]) -> list[PartitionProgress]:
        """Return the progress in assigned partitions, given by their positions."""
        return [
            PartitionProgress(each.topic, each.partition, self._position(each), self._end(_partition(each)))
            for each in positions
        ]

    def _position(self, partition: TopicPartition) -> int | None:
        """Return the offset of the next record that a poll returns: before the first poll, of the first record."""
        known = self._partitions.get(_partition(partition), {})
        offsets = (partition.offset, known.get("committed_offset", -1), known.get("lo_offset", -1))
        return next((offset for offset in offsets if offset >= 0), None)

    def _end(self, partition: Partition) -> int | None:
        ends = (self._partitions.get(partition, {}).get("ls_offset", -1), self._asked.get(partition, NEVER)[1])
        return max(ends) if max(ends) >= 0 else None

    def _note(self, text: str) -> None:
        found = json.loads(text)
        self._is_connected = any(broker["state"] in CONNECTED for broker in found["brokers"].values())
        self._noted = time.monotonic()
        self._partitions = {
            Partition(topic, int(number)): state
            for topic, of_topic in found["topics"].items()
            for number, state in of_topic["partitions"].items()
        }


def _partition(partition: TopicPartition) -> Partition:
    return Partition(partition.topic, partition.partition)
