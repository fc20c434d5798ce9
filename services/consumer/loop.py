"""Poll, score, write, print, commit: in this order, so that what is committed has its prediction on the broker.

What becomes of a record that cannot be scored is not decided here yet: the loop ends with an error that names it, and
since its offset is not committed, nothing is lost and nothing after it is scored.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from petalstream import broker
from petalstream.broker import KafkaConsumer, KafkaProducer
from petalstream.lifecycle import Stop
from petalstream.messages import ReceivedRecord, Request, place, read_request, write_prediction
from services.consumer import show
from services.consumer.client import ApiClient, RowsRejected

POLL_SECONDS = 0.5
DELIVERY_SECONDS = 8
MOST_NAMED = 10


class UnscorableRecord(ValueError):
    """Records that the api said cannot be scored; the message names each, with its fault."""

    def __init__(self, faults: Sequence[tuple[Request, Mapping[str, Any]]]) -> None:
        named = [
            f"{place(request.record)}: {error['field'] or 'the row'} {error['message']}" for request, error in faults
        ]
        super().__init__("; ".join(named[:MOST_NAMED]))


@dataclass(frozen=True)
class Worker:
    """What the loop works with; `prepare` is called with a model's name before its first prediction is written."""

    consumer: KafkaConsumer
    producer: KafkaProducer
    api: ApiClient
    prepare: Callable[[str], None]
    batch_records: int

    def run(self, stop: Stop) -> None:
        """Handle batch after batch until asked to stop. Raises what handle raises."""
        while not stop.requested():
            polled = self.consumer.poll(timeout_ms=int(POLL_SECONDS * 1000), max_records=self.batch_records)
            if records := [record for of_partition in polled.values() for record in of_partition]:
                self.handle(records)

    def handle(self, records: Sequence[ReceivedRecord]) -> None:
        """Score one batch, await the broker's word for every prediction, print them, and commit.

        Raises UnreadableRecord, UnscorableRecord, ApiError, KafkaError; then nothing of the batch is committed.
        """
        batch = sorted(map(read_request, records), key=lambda request: request.model)
        for model, of_model in groupby(batch, key=lambda request: request.model):
            self._score(model, list(of_model))
        broker.commit_through(self.consumer, records)

    def _score(self, model: str, batch: Sequence[Request]) -> None:
        self.prepare(model)
        try:
            answers = self.api.predict(model, [request.features for request in batch])
        except RowsRejected as rejected:
            raise UnscorableRecord([(batch[error["row"]], error) for error in rejected.errors]) from rejected
        scored = list(zip(batch, answers, strict=True))
        now = datetime.now(UTC)
        sent = [broker.send(self.producer, write_prediction(request, answer, now)) for request, answer in scored]
        for future in sent:
            future.get(timeout=DELIVERY_SECONDS)
        arrived = time.time()
        for request, answer in scored:
            print(show.line(request, answer, arrived - request.record.timestamp / 1000), flush=True)
