"""The main thread: polls Kafka, hands records to the lanes of their models, commits what the lanes have written."""

import time
from contextlib import suppress

from petalstream.broker import CommitFailedError, Consumer, FencedInstanceIdError, KafkaError, UnreadableRecords
from petalstream.lifecycle import Stop
from petalstream.messages import ReceivedRecord
from services.consumer.lanes.assignment import Assignment
from services.consumer.lanes.lanes import Lanes
from services.consumer.scoring.records import CorruptRecord

IDLE_SECONDS, BUSY_SECONDS, COMMIT_SECONDS = 0.5, 0.005, 5.0
# A stop waits for so long until what is being written is acknowledged, and has 3 s more to commit and close.
STOP_SECONDS, ERROR_SECONDS = 6.0, 1.0
# A consumer that polls nothing for longer keeps the others of its group waiting in a rebalance.
FULL_SECONDS = 1.0


class ConsumerLoop:
    """Moves records from `consumer` to `lanes`, and offsets back; a poll takes up to `most_records`."""

    def __init__(self, consumer: Consumer, lanes: Lanes, most_records: int) -> None:
        self._consumer, self._lanes, self._most = consumer, lanes, most_records
        self._assignment = Assignment(consumer.membership())
        self._paused: set[str] = set()
        self._polled = time.monotonic()

    def run(self, stop: Stop) -> None:
        """Work until asked to stop; then finish what is being written and leave the rest. Raises KafkaError."""
        try:
            while not stop.requested():
                self._work()
        except FencedInstanceIdError:
            self._end_assignment()  # whose partitions are another consumer's already
            raise
        except BaseException:
            with suppress(KafkaError):
                self._finish(ERROR_SECONDS)
            raise
        self._finish(STOP_SECONDS)

    def _finish(self, seconds: float) -> None:
        self._end_assignment()
        self._lanes.await_writers(seconds)
        self._commit()

    def _work(self) -> None:
        self._lanes.raise_failure()
        full = self._lanes.full_topics()
        if full and full >= self._consumer.topics() and time.monotonic() - self._polled < FULL_SECONDS:
            self._assignment.over.wait(BUSY_SECONDS)  # all lanes have enough to do: there is nothing to poll
        else:
            self._pause(full)
            self._poll()
        self._commit()

    def _poll(self) -> None:
        """Poll, and hand the records to their lanes."""
        try:
            records = self._consumer.poll(BUSY_SECONDS if self._lanes.are_busy() else IDLE_SECONDS, self._most)
        except UnreadableRecords as error:
            records = self._skip(error)
        self._polled = time.monotonic()
        self._note_assignment()
        self._lanes.add(records, self._assignment)

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

    def _note_assignment(self) -> None:
        """After a rebalance, drop the records of before: they are polled again by the consumer that owns them now."""
        membership = self._consumer.membership()
        if membership != self._assignment.membership:
            self._end_assignment()
            self._assignment, self._paused = Assignment(membership), set()

    def _end_assignment(self) -> None:
        self._assignment.over.set()
        self._lanes.drop_records()

    def _commit(self) -> None:
        """Commit the offsets after all records that have their outcomes on the broker. Raises KafkaError."""
        written = [(lane.uncommitted, lane.uncommitted.batches()) for lane in self._lanes.all()]
        records = [
            record
            for _, batches in written
            for batch in batches
            if batch.assignment is self._assignment
            for record in batch.records
        ]
        if records:
            self._commit_after(records)
        for uncommitted, batches in written:
            uncommitted.remove(len(batches))

    def _commit_after(self, records: list[ReceivedRecord]) -> None:
        try:
            self._consumer.commit(self._assignment.membership, records, COMMIT_SECONDS)
        except CommitFailedError:
            if self._consumer.membership() == self._assignment.membership:
                raise
            # They are polled again, and written twice. The lanes must write no more of what they have.
            self._note_assignment()
