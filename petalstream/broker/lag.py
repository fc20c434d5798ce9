"""How far a group is behind, from the offsets of the broker; backlog.py counts the records."""

from contextlib import closing
from dataclasses import dataclass

from petalstream.broker.kafka_python.admin import Admin


@dataclass(frozen=True)
class Lag:
    """A group's position in one partition; `committed` is None if it has not committed there.

    `begin` is the first offset that the log still has and `end` the high watermark. From `stable`, the last stable
    offset, on no record can be read yet, since a transaction is open.
    """

    topic: str
    partition: int
    committed: int | None
    begin: int
    stable: int
    end: int

    @property
    def position(self) -> int:
        """Return the offset at which the group reads on: the log's first one where it does not have the committed."""
        if self.committed is None or not self.begin <= self.committed <= self.end:
            return self.begin
        return self.committed

    @property
    def behind(self) -> int:
        """Return the number of offsets from the position to the end: at most as many records wait."""
        return self.end - self.position


def lags(bootstrap_servers: str, group: str, topics: str) -> list[Lag]:
    """Return the lag of `group` in each partition of the topics whose whole name matches the regex `topics`.

    Opens one client, whatever the number of partitions. Raises KafkaError.
    """
    with closing(Admin(bootstrap_servers)) as admin:
        return ask_lags(admin, group, topics)


def ask_lags(admin: Admin, group: str, topics: str) -> list[Lag]:
    """Return what lags() does, with a client that is open. Raises KafkaError."""
    partitions = admin.partitions(topics)
    if not partitions:
        return []
    # In this order each offset is at most as large as the next one.
    committed = admin.committed(group, partitions)
    begins = admin.first_offsets(partitions)
    stable = admin.last_stable_offsets(partitions)
    ends = admin.end_offsets(partitions)
    return [
        Lag(each.topic, each.partition, committed.get(each), begins[each], stable[each], ends[each])
        for each in partitions
    ]
