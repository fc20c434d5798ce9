"""Which partitions a group has begun to read: records in its compacted topic, beside the states of lanes."""

import json
import re
import threading
from collections.abc import Mapping

from petalstream import broker
from petalstream.broker import Partition
from petalstream.lane_state import lanes_topic
from petalstream.messages import ReceivedRecord

_KEY = re.compile(r"(.+)\[(\d{1,9})\]")


class ReadPartitions:
    """The id of the topic that the group reads in each partition; outlives the group's committed offsets."""

    def __init__(self, servers: str, group: str) -> None:
        self._servers, self._group = servers, group
        self._topic_ids: dict[Partition, str] = {}
        self._lock = threading.Lock()

    def topic_id(self, partition: Partition) -> str | None:
        """Return the id of the topic that the group has read in this partition; None if it has read none."""
        return self._topic_ids.get(partition)

    def remember(self, topic_ids: Mapping[Partition, str]) -> None:
        """Write the ids. Raises KafkaError."""
        records = {str(each).encode(): json.dumps({"topic_id": held}).encode() for each, held in topic_ids.items()}
        broker.write_compacted(self._servers, lanes_topic(self._group), records)
        with self._lock:
            self._topic_ids |= topic_ids

    def apply(self, record: ReceivedRecord) -> bool:
        """Take in a record of the group's topic; return False if it is about something else. Raises ValueError."""
        key = _KEY.fullmatch((record.key or b"").decode(errors="replace"))
        if not key:
            return False
        partition = Partition(key[1], int(key[2]))
        try:
            found = json.loads(record.value) if record.value else None
        except RecursionError as error:
            raise ValueError(str(error)) from None
        with self._lock:
            if isinstance(found, dict) and isinstance(found.get("topic_id"), str):
                self._topic_ids[partition] = found["topic_id"]
            else:
                self._topic_ids.pop(partition, None)
        return True
