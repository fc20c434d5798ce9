"""The main thread: polls Kafka, hands records to the lanes of their models, commits what the lanes have written."""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from petalstream.broker import (
    REBALANCING,
    Consumer,
    FencedInstanceIdError,
    KafkaError,
    Membership,
    Partition,
    PartitionState,
    UnreadableRecords,
    UnreadableTopics,
)
from petalstream.lifecycle import Stop
from petalstream.messages import ReceivedRecord
from services.consumer.delivery.uncommitted import Uncommitted
from services.consumer.lanes.lanes import Lanes
from services.consumer.offsets.starts import Starts
from services.consumer.scoring.records import CorruptRecord
from services.consumer.subscription import Subscription

IDLE_SECONDS, BUSY_SECONDS, COMMIT_SECONDS = 0.5, 0.005, 5.0
# A stop waits for so long until what is being written is acknowledged, and has 3 s more to commit and close.
STOP_SECONDS, ERROR_SECONDS = 6.0, 1.0
# The group waits while a revoked partition's lane finishes what it writes.
REVOKE_SECONDS = 3.0
# A consumer that polls nothing for longer keeps the others of its group waiting in a rebalance.
FULL_SECONDS = 1.0
# A rebalance in which nothing can be committed lasts for so long at most.
REBALANCE_SECONDS = 60.0


class ConsumerLoop:
    """Moves records from `consumer` to `lanes`, and offsets back; a poll takes up to `most_records`.

    It calls `note_turn` after each poll.
    """

    def __init__(
        self,
        consumer: Consumer,
        lanes: Lanes,
        starts: Starts,
        subscription: Subscription,
        most_records: int,
        note_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._consumer, self._lanes, self._starts, self._most = consumer, lanes, starts, most_records
        self._subscription, self._note_turn = subscription, note_turn
        self._membership: Membership = None
        self._paused: set[str] = set()
        self._polled = self._could_commit = time.monotonic()

    def begin(self, states: Sequence[PartitionState]) -> Sequence[int]:
        """See PartitionListener.begin()."""
        for state in states:
            self._lanes.begin(state.partition.topic, state.topic_id, self._latest_membership)
        return self._starts.begin(states)

    def end(self, partitions: Collection[Partition], are_lost: bool) -> None:
        """See PartitionListener.end(). The outcomes that are being written are finished and committed, unless lost."""
        topics = {partition.topic for partition in partitions}
        self._lanes.end(topics, 0 if are_lost else REVOKE_SECONDS)
        if not are_lost:
            with suppress(KafkaError):
                self._commit_written(self._lanes.uncommitted(topics))
        for uncommitted in self._lanes.uncommitted(topics):
            uncommitted.clear()
        self._starts.end(partitions)

    def run(self, stop: Stop) -> None:
        """Work until asked to stop; then finish what is being written and leave the rest. Raises KafkaError."""
        try:
            while not stop.requested():
                try:
                    self._work()
                except UnreadableTopics as error:
                    self._subscription.leave_out(error, self)
        except FencedInstanceIdError:
            self._lanes.end_all(0)  # the partitions are another consumer's already
            raise
        except BaseException:
            with suppress(KafkaError):
                self._finish(ERROR_SECONDS)
            raise
        self._finish(STOP_SECONDS)

    def _latest_membership(self) -> Membership:
        return self._membership

    def _finish(self, seconds: float) -> None:
        """Finish what is being written, and commit it; where the group is rebalanced, once that has ended."""
        deadline = time.monotonic() + seconds
        self._lanes.end_all(seconds)
        while True:
            try:
                self._commit_written(self._lanes.uncommitted())
                break
            except UnreadableTopics:
                break  # the other topics' records are read again, too
            except REBALANCING:
                if time.monotonic() > deadline:
                    break
                with suppress(KafkaError):
                    self._consumer.poll(BUSY_SECONDS, 1)  # what it returns has no outcome, and is read again

    def _work(self) -> None:
        self._lanes.raise_failure()
        self._subscription.update(self)
        full = self._lanes.full_topics() | self._starts.stopped_topics()
        if full and full >= self._consumer.topics() and time.monotonic() - self._polled < FULL_SECONDS:
            time.sleep(BUSY_SECONDS)  # all lanes have enough to do: there is nothing to poll
        else:
            # The commit of where a partition begins must not come after a transaction that commits more.
            self._pause(full | self._starts.uncommitted_topics())
            self._poll()
        self._note_turn()
        self._commit()

    def _poll(self) -> None:
        """Poll, and hand the records to their lanes."""
        try:
            records = self._consumer.poll(BUSY_SECONDS if self._lanes.are_busy() else IDLE_SECONDS, self._most)
        except UnreadableRecords as error:
            records = self._skip(error)
        self._polled = time.monotonic()
        self._membership = self._consumer.membership()
        if stopped := self._starts.stopped_topics():
            records = [record for record in records if record.topic not in stopped]
        self._lanes.add(records)

    def _pause(self, full: set[str]) -> None:
        """Pause the topics of full lanes, so that a poll returns records of the others; resume those with room."""
        if more := full - self._paused:
            self._consumer.pause(more)
        if fewer := self._paused - full:
            self._consumer.resume(fewer)
        self._paused = full

    def _skip(self, error: UnreadableRecords) -> list[ReceivedRecord]:
        """Read on after offsets that no client can read; return a stand-in for each."""
        end, now = min(error.next, error.first + self._most), int(time.time() * 1000)
        self._consumer.skip(error.topic, error.partition, end)
        offsets = range(error.first, end)
        return [CorruptRecord(error.topic, error.partition, offset, now, str(error)) for offset in offsets]

    def _commit(self) -> None:
        """Commit what is written; while the group is rebalanced, that is tried again. Raises KafkaError."""
        now, written = time.monotonic(), self._lanes.uncommitted()
        for uncommitted in written:
            uncommitted.remove_ended()
        try:
            self._commit_written(written)
        except REBALANCING:
            if now - self._could_commit > REBALANCE_SECONDS:
                raise
        else:
            self._could_commit = now

    def _commit_written(self, written: Sequence[Uncommitted]) -> None:
        """Commit the offsets after all records that have their outcomes on the broker. Raises KafkaError."""
        found = [(uncommitted, uncommitted.batches()) for uncommitted in written]
        positions = self._starts.to_commit()
        for _, batches in found:
            for batch in batches:
                positions |= batch.positions()
        if positions:
            self._consumer.commit(positions, COMMIT_SECONDS)
        self._starts.committed(positions)
        for uncommitted, batches in found:
            uncommitted.remove(len(batches))
