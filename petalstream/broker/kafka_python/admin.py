"""Asks brokers for topics, for the offsets of partitions and for those of groups, through kafka-python."""

import re
import time
from collections.abc import Collection, Iterator
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import RetriableError
from kafka.protocol.consumer import IsolationLevel

from petalstream.broker.interfaces import MOST_RECONNECT_MS

BOOTSTRAP_SECONDS, ANSWER_SECONDS, RETRY_SECONDS = 10, 30, 0.1
Offsets = dict[TopicPartition, int]


class Admin:
    """A client for any number of topics and groups. Each method raises KafkaError."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._client = _Client(
            bootstrap_servers=bootstrap_servers.split(","),
            bootstrap_timeout_ms=BOOTSTRAP_SECONDS * 1000,
            request_timeout_ms=ANSWER_SECONDS * 1000,
            reconnect_backoff_max_ms=MOST_RECONNECT_MS,
        )

    def partitions(self, topics: str) -> list[TopicPartition]:
        """Return the partitions of each topic whose whole name matches the regex `topics`, in order."""
        return sorted(
            TopicPartition(topic["name"], partition["partition_index"])
            for topic in self._client.describe_topics()
            if re.fullmatch(topics, topic["name"])
            for partition in topic["partitions"]
        )

    def topic_ids(self, topics: str) -> dict[str, str]:
        """Return the id of each topic whose whole name matches the regex `topics`.

        A topic that is created again has another id. Brokers before Kafka 2.8 give none.
        """
        described = self._client.describe_topics()
        return {each["name"]: str(each.get("topic_id", "")) for each in described if re.fullmatch(topics, each["name"])}

    def broker_count(self) -> int:
        """Return the number of brokers that the cluster has now."""
        return len(self._client.describe_cluster()["brokers"])

    def group(self, group: str) -> tuple[str, int]:
        """Return the state of a consumer group, such as Stable or Dead, and the number of its members."""
        found = self._client.describe_groups([group])[group]
        return str(found["group_state"]), len(found["members"])

    def first_offsets(self, partitions: Collection[TopicPartition]) -> Offsets:
        """Return the first offset that the log of each partition still has."""
        return self._list(partitions, OffsetSpec.EARLIEST, IsolationLevel.READ_UNCOMMITTED)

    def last_stable_offsets(self, partitions: Collection[TopicPartition]) -> Offsets:
        """Return the offset of each partition up to which no transaction is open."""
        return self._list(partitions, OffsetSpec.LATEST, IsolationLevel.READ_COMMITTED)

    def end_offsets(self, partitions: Collection[TopicPartition]) -> Offsets:
        """Return the high watermark of each partition."""
        return self._list(partitions, OffsetSpec.LATEST, IsolationLevel.READ_UNCOMMITTED)

    def committed(self, group: str, partitions: Collection[TopicPartition]) -> Offsets:
        """Return what a group has committed; a partition without a commit is left out."""
        return self._committed([group], partitions, is_stable=False)[group]

    def stable_commits(self, topic: str, groups: Collection[str]) -> dict[str, dict[int, int]]:
        """Return what each group has committed in `topic`, by partition, in one request for all.

        Waits up to 30 s for open transactions that commit such an offset.
        """
        found = self._committed(groups, self.partitions(re.escape(topic)), is_stable=True)
        return {group: {each.partition: offset for each, offset in found[group].items()} for group in groups}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _committed(
        self, groups: Collection[str], partitions: Collection[TopicPartition], is_stable: bool
    ) -> dict[str, Offsets]:
        self._client.is_stable = is_stable
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                found = self._client.list_group_offsets({group: list(partitions) for group in groups})
            except RetriableError:  # a transaction is open, or the broker has just started
                if time.monotonic() > end:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                return {
                    group: {each: commit.offset for each, commit in of_group.items() if commit.offset >= 0}
                    for group, of_group in found.items()
                }

    def _list(self, partitions: Collection[TopicPartition], spec: OffsetSpec, isolation: IsolationLevel) -> Offsets:
        found = self._client.list_partition_offsets(dict.fromkeys(partitions, spec), isolation)
        return {each: listed.offset for each, listed in found.items()}


class _Client(KafkaAdminClient):  # type: ignore[misc]
    """Can ask for stable offsets, which kafka-python 3.0.12 does in its consumer only."""

    is_stable = False

    def _list_group_offsets_requests(self, group_specs: Any) -> Iterator[Any]:
        for group, request in super()._list_group_offsets_requests(group_specs):
            request.require_stable = self.is_stable
            yield group, request
