"""Poll, score, deliver, show: in this order, so that what is committed has its outcome on the broker.

While a batch is delivered, the next one is scored already.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from petalstream.broker import Consumer, KafkaError, Membership, MessageSizeTooLargeError, UnreadableRecords
from petalstream.dead_letters import write_dead_letter
from petalstream.lifecycle import Stop
from petalstream.messages import ReceivedRecord, model_of
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer import metrics, show
from services.consumer.ahead import NotAtOnce
from services.consumer.delivery import Deliver
from services.consumer.hold import Hold
from services.consumer.old_scoring import Scoring
from services.consumer.policy import FATAL
from services.consumer.refusals import Refusals
from services.consumer.scoring.outcomes import Outcome

POLL_SECONDS, LOOK_SECONDS = 0.5, 0.2


@dataclass
class Lost:
    """Stands for a record whose bytes cannot be read: of it only its place is known."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(frozen=True)
class Batch:
    """Records as they were polled, as whom and when, and their outcomes if the api gives them at once."""

    records: Sequence[ReceivedRecord]
    membership: Membership
    began: float
    outcomes: Future[list[Outcome]]


@dataclass(frozen=True)
class Worker:
    """What the loop works with; `prepare` is called with a model's name before anything is written for it.

    The next batch is polled and scored by `eager`, in a thread of its own, while the last one is delivered; where that
    raises NotAtOnce, it is scored by `patient`, in its turn. All calls of Kafka are in one thread.
    """

    consumer: Consumer
    hold: Hold
    eager: Scoring
    patient: Scoring
    refusals: Refusals
    deliver: Deliver
    prepare: Callable[[str], None]
    batch_records: int

    def run(self, stop: Stop) -> None:
        """Handle batch after batch until asked to stop. Raises Interrupted, UnreadableRecords, KafkaError."""
        batch: Batch | None = None
        with ThreadPoolExecutor(1, "eager") as thread:
            while not stop.requested():
                batch = self._handle(batch, thread)

    def _handle(self, batch: Batch | None, thread: ThreadPoolExecutor) -> Batch | None:
        """Poll the next batch, and finish the one in hand; the next one, where there is one."""
        outcomes = self._outcomes(batch) if batch else ()
        try:
            # Nothing that is in hand waits for more to come.
            following = self._poll(0 if batch else POLL_SECONDS, thread)
        except FATAL:
            raise
        except KafkaError as error:
            # What ends this session is behind the batch in hand.
            if batch:
                self._finish(outcomes)
            if isinstance(error, UnreadableRecords):
                self._pass_by(error)
            raise
        if batch:
            self._finish(outcomes)
            metrics.BATCH_SECONDS.observe(time.monotonic() - batch.began)
        return following

    def _poll(self, seconds: float, thread: ThreadPoolExecutor) -> Batch | None:
        """The next batch, whose scoring has begun."""
        records = self.consumer.poll(seconds, self.batch_records)
        if not records:
            return None
        membership = self.consumer.membership()
        return Batch(records, membership, time.monotonic(), thread.submit(self.eager.outcomes, records))

    def _outcomes(self, batch: Batch) -> Sequence[Outcome]:
        """The outcomes of a batch, which from now on is in hand."""
        self.hold.begin(batch.membership)
        while not wait([batch.outcomes], LOOK_SECONDS).done:
            self.hold.beat()
        try:
            outcomes = batch.outcomes.result()
        except NotAtOnce:
            outcomes = self.patient.outcomes(batch.records)
        return self.refusals.instead(outcomes)

    def _pass_by(self, error: UnreadableRecords) -> None:
        """Write a dead letter for each offset that cannot be read, and commit past it."""
        self.hold.begin(self.consumer.membership())
        fault, now = Fault(Reason.CORRUPT, str(error)), int(time.time() * 1000)
        for first in range(error.first, error.next, self.batch_records):
            offsets = range(first, min(first + self.batch_records, error.next))
            places = [Lost(error.topic, error.partition, offset, now) for offset in offsets]
            self._finish([Outcome(place, write_dead_letter(place, fault, 0), fault, 0) for place in places])

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        """Deliver and commit the outcomes, and only then count and show them."""
        messages, records = [each.message for each in outcomes], [each.record for each in outcomes]
        for topic in {record.topic for record in records}:
            self.prepare(model_of(topic))
        self.hold.check()
        lines: list[str] = []
        try:
            self.deliver(messages, records, self.hold.membership, lambda: lines.append(show.lines(outcomes)))
        except MessageSizeTooLargeError:
            self.refusals.remember(outcomes)
            raise
        metrics.count(outcomes)
        print(*lines, flush=True)
