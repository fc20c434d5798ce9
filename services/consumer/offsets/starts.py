"""Where this consumer begins its partitions: what it says of that, counts, and commits."""

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from petalstream.broker import KafkaError, Partition, PartitionState, Position
from petalstream.problems import Problem
from petalstream.settings import LostOffsets
from services.consumer import metrics
from services.consumer.offsets import start
from services.consumer.offsets.start import Cause, Jump

log = logging.getLogger(__name__)


class ReadBefore(Protocol):
    """Remembers which partitions the group has begun, longer than the broker keeps committed offsets."""

    def topic_id(self, partition: Partition) -> str | None:
        """Return the id of the topic that the group has read in this partition; None if it has read none."""
        ...

    def remember(self, topic_ids: dict[Partition, str]) -> None:
        """Remember the ids of the topics that the group reads. Raises KafkaError."""


class Starts:
    """Decides where partitions begin. Every begun partition has a committed offset, so that a missing one is a loss."""

    def __init__(self, read_before: ReadBefore, on_lost_offsets: LostOffsets) -> None:
        self._read_before, self._on_lost_offsets = read_before, on_lost_offsets
        self._to_commit: dict[Partition, Position] = {}
        self._to_remember: dict[Partition, str] = {}
        self._stopped: dict[Partition, Problem] = {}
        self._why: dict[Partition, str] = {}

    def begin(self, states: Sequence[PartitionState]) -> list[int]:
        """Return the offset at which to begin each partition; log and count what that skips or repeats."""
        return [self._begin(state) for state in states]

    def end(self, partitions: Collection[Partition]) -> None:
        """Forget partitions that are not this consumer's any more."""
        for partition in partitions:
            for known in (self._to_commit, self._to_remember, self._stopped, self._why):
                known.pop(partition, None)

    def to_commit(self) -> dict[Partition, Position]:
        """Return the positions to commit that no record's outcome leads to."""
        return dict(self._to_commit)

    def uncommitted_topics(self) -> set[str]:
        """Return the topics of these positions."""
        return {partition.topic for partition in self._to_commit}

    def committed(self, positions: Collection[Partition]) -> None:
        """Note what is committed, and remember that these partitions were begun."""
        for partition in positions:
            self._to_commit.pop(partition, None)
        ready = {each: topic_id for each, topic_id in self._to_remember.items() if each not in self._to_commit}
        if not ready:
            return
        self._to_remember = {each: held for each, held in self._to_remember.items() if each not in ready}
        try:
            self._read_before.remember(ready)
        except KafkaError as error:
            log.warning("%s; should the group's offsets expire before the next start, that is not noticed", error)

    def stopped_topics(self) -> set[str]:
        """Return the topics that are not read, since a partition has lost offsets; say so once a minute."""
        for partition, problem in self._stopped.items():
            problem.report(
                f"{self._why[partition]}. With CONSUMER_LOST_OFFSETS=stop this topic is not read: to go on, start the"
                " consumer with CONSUMER_LOST_OFFSETS=continue, or commit an offset that the log has"
            )
        return {partition.topic for partition in self._stopped}

    def _begin(self, state: PartitionState) -> int:
        partition = state.partition
        before = self._read_before.topic_id(partition)
        offset, jump = start.begin(state, before)
        if jump and jump.cause is not Cause.RECREATED and self._on_lost_offsets == LostOffsets.STOP:
            self._stopped[partition], self._why[partition] = Problem(partition.topic), str(jump)
            return offset
        if jump:
            _report(jump)
        if jump or state.position is None:
            self._to_commit[partition] = Position(offset, state.topic_id)
        if before != state.topic_id:
            self._to_remember[partition] = state.topic_id
        return offset


def _report(jump: Jump) -> None:
    log.log(logging.WARNING if jump.cause is Cause.RECREATED else logging.ERROR, "%s", jump)
    metrics.count_jump(jump.partition.topic, jump.cause, jump.skipped)
