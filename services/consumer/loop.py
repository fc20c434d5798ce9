"""Poll, score, deliver, show: in this order, so that what is committed has its outcome on the broker."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from petalstream.broker import Consumer, MessageSizeTooLargeError, UnreadableRecords
from petalstream.dead_letters import write_dead_letter
from petalstream.lifecycle import Stop
from petalstream.messages import ReceivedRecord, model_of
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer import metrics, show
from services.consumer.delivery import Deliver
from services.consumer.hold import Hold
from services.consumer.refusals import Refusals
from services.consumer.scoring import Outcome, Scoring

POLL_SECONDS = 0.5


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
class Worker:
    """What the loop works with; `prepare` is called with a model's name before anything is written for it."""

    consumer: Consumer
    hold: Hold
    scoring: Scoring
    refusals: Refusals
    deliver: Deliver
    prepare: Callable[[str], None]
    batch_records: int

    def run(self, stop: Stop) -> None:
        """Handle batch after batch until asked to stop. Raises Interrupted, UnreadableRecords, KafkaError."""
        while not stop.requested():
            try:
                records = self.consumer.poll(POLL_SECONDS, self.batch_records)
            except UnreadableRecords as error:
                self._pass_by(error)
                raise
            if records:
                self._handle(records)

    def _handle(self, records: Sequence[ReceivedRecord]) -> None:
        began = time.monotonic()
        self.hold.begin()
        self._finish(list(map(self.refusals.instead, self.scoring.outcomes(records))))
        metrics.BATCH_SECONDS.observe(time.monotonic() - began)

    def _pass_by(self, error: UnreadableRecords) -> None:
        """Write a dead letter for each offset that cannot be read, and commit past it."""
        self.hold.begin()
        fault, now = Fault(Reason.CORRUPT, str(error)), int(time.time() * 1000)
        for first in range(error.first, error.next, self.batch_records):
            offsets = range(first, min(first + self.batch_records, error.next))
            places = [Lost(error.topic, error.partition, offset, now) for offset in offsets]
            self._finish([Outcome(place, write_dead_letter(place, fault, 0), fault, 0) for place in places])

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        """Deliver and commit the outcomes, and only then count and show them."""
        for model in {model_of(outcome.record.topic) for outcome in outcomes}:
            self.prepare(model)
        self.hold.check()
        messages, records = [each.message for each in outcomes], [each.record for each in outcomes]
        try:
            self.deliver(messages, records, self.hold.membership)
        except MessageSizeTooLargeError:
            self.refusals.remember(outcomes)
            raise
        metrics.count(outcomes)
        print("\n".join(map(show.line, outcomes)), flush=True)
