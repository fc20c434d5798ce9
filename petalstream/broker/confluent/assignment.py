"""The partitions of a consumer of confluent-kafka: where each begins, how far it is read, when it ends."""

from collections.abc import Collection, Iterable, Sequence

import confluent_kafka
from confluent_kafka import TopicPartition

from petalstream.broker.confluent.errors import translating
from petalstream.broker.confluent.lookups import Lookups
from petalstream.broker.confluent.records import plain
from petalstream.broker.errors import TopicAuthorizationFailedError, UnreadableTopics
from petalstream.broker.new_partitions import NewPartitions
from petalstream.broker.partitions import Partition, PartitionListener, PartitionState, Position


class Assignment:
    """Follows the rebalances of `client`, and topics that are created again; the thread that polls calls it."""

    def __init__(self, client: confluent_kafka.Consumer, servers: str) -> None:
        self._client, self._lookups = client, Lookups(servers)
        self.listener: PartitionListener | None = None
        self.has_joined = False
        # The library's assignment() can block forever in any other thread than the one that polls.
        self.begun: set[Partition] = set()
        self.reached: dict[Partition, int] = {}
        # The topics whose records are read again, since a partition of them was revoked in this poll.
        self.read_again: set[str] = set()
        self._new = NewPartitions(self._look_up, self._start)
        self._paused: set[str] = set()
        self._topic_ids: dict[str, str] = {}
        self._out_of_range: dict[Partition, Position] = {}

    def topics(self) -> set[str]:
        """Return the topics of all partitions, begun or new."""
        return {partition.topic for partition in self.begun | self._new.all()}

    def paused(self) -> list[TopicPartition]:
        """Return the paused partitions; any thread may ask."""
        return topic_partitions(partition for partition in list(self.begun) if partition.topic in self._paused)

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of topics, also in partitions that are assigned later. Raises KafkaError."""
        self._paused |= set(topics)
        with translating():
            self._client.pause(self._of(topics))

    def resume(self, topics: Collection[str]) -> None:
        """Return records of topics again. Raises KafkaError."""
        self._paused -= set(topics)
        with translating():
            self._client.resume(self._of(topics))

    def update(self) -> None:
        """Begin new partitions, and again those of a topic that was created again. Raises KafkaError."""
        self._follow_topics()
        if self.listener:
            self._new.begin(self.listener)

    def read_from(self, partition: Partition, offset: int) -> None:
        """Go on in a begun partition at another offset. Raises KafkaError."""
        # Not seek(), which the library refuses after bytes that it cannot read (confluentinc/librdkafka#2961).
        with translating():
            self._client.incremental_unassign(topic_partitions([partition]))
        self._start(partition, offset)

    def begin_again(self, partition: Partition, offset: int | None) -> None:
        """Begin a partition anew whose next record, at `offset`, is not in the log any more. Raises KafkaError."""
        reached = self.reached[partition]
        if offset not in (None, reached):  # taken from bytes that the library could not read
            self.read_from(partition, reached)
            return
        self._out_of_range[partition] = Position(reached, self._topic_ids.get(partition.topic, ""))
        with translating():
            self._client.incremental_unassign(topic_partitions([partition]))
        self.begun.discard(partition)
        self._new.add([partition])

    def on_assign(self, client: confluent_kafka.Consumer, assigned: list[TopicPartition]) -> None:
        """Note new partitions, which are assigned once it is known where to begin."""
        self.has_joined = True
        client.incremental_assign([])
        self._new.add(plain(assigned))

    def on_revoke(self, client: confluent_kafka.Consumer, revoked: list[TopicPartition]) -> None:
        """End partitions that another consumer is to get."""
        self.has_joined = False
        self._end(plain(revoked), are_lost=False)

    def on_lost(self, client: confluent_kafka.Consumer, lost: list[TopicPartition]) -> None:
        """End partitions that another consumer may have got already."""
        self.has_joined = False
        self._end(plain(lost), are_lost=True)

    def _end(self, partitions: Collection[Partition], are_lost: bool) -> None:
        """End partitions; those of the same topics that stay begin again at their committed offsets."""
        if self.listener:
            self.listener.end(partitions, are_lost)
        topics = {partition.topic for partition in partitions}
        ended = self._of(topics)
        self._client.incremental_unassign(ended)
        self.begun -= set(plain(ended))
        self._new.remove(partitions)
        self._new.add(set(plain(ended)) - set(partitions))
        self.read_again |= topics
        for topic in topics:
            self._topic_ids.pop(topic, None)
        self._out_of_range = {each: held for each, held in self._out_of_range.items() if each.topic not in topics}

    def _follow_topics(self) -> None:
        if again := plain(self._of(self._lookups.recreated(self._topic_ids))):
            self._end(again, are_lost=True)
            self._new.add(again)

    def _look_up(self, partitions: Sequence[Partition]) -> list[PartitionState]:
        """Return where the group has read to, and what the log has. Raises KafkaError."""
        topic = partitions[0].topic
        try:
            states = self._lookups.states(partitions, self._client.committed, self._out_of_range)
        except TopicAuthorizationFailedError as error:
            raise UnreadableTopics([topic], error) from error
        self._topic_ids.setdefault(topic, states[0].topic_id)
        return states

    def _start(self, partition: Partition, offset: int) -> None:
        topic_partition = TopicPartition(*partition, offset)
        self._out_of_range.pop(partition, None)
        self.reached[partition] = offset
        with translating():
            self._client.incremental_assign([topic_partition])
            self.begun.add(partition)
            # The library keeps a partition paused that was unassigned and came back.
            (self._client.pause if partition.topic in self._paused else self._client.resume)([topic_partition])

    def _of(self, topics: Collection[str]) -> list[TopicPartition]:
        return topic_partitions(partition for partition in self.begun if partition.topic in topics)


def topic_partitions(partitions: Iterable[Partition]) -> list[TopicPartition]:
    """Return partitions as the library names them."""
    return [TopicPartition(*partition) for partition in partitions]
