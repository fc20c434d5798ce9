"""Poll, score, write, print, commit: in this order, so that what is committed has its prediction on the broker.

What becomes of a record that cannot be scored is not decided here yet: the loop ends with an error that names it, and
since its offset is not committed, nothing is lost and nothing after it is scored.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from petalstream import broker
from petalstream.broker import KafkaConsumer, KafkaProducer
from petalstream.lifecycle import Stop
from petalstream.messages import ReceivedRecord, Request, read_request, write_prediction
from services.consumer import show
from services.consumer.client import ApiClient

POLL_SECONDS = 0.5
DELIVERY_SECONDS = 8


@dataclass(frozen=True)
class Worker:
    """What the loop works with; `prepare` is called with a model's name before its first prediction is written."""

    consumer: KafkaConsumer
    producer: KafkaProducer
    api: ApiClient
    prepare: Callable[[str], None]
    batch_records: int

    def run(self, stop: Stop) -> None:
        """Handle batch after batch until asked to stop. Raises UnreadableRecord, ApiError, KafkaError."""
        while not stop.requested():
            polled = self.consumer.poll(timeout_ms=int(POLL_SECONDS * 1000), max_records=self.batch_records)
            if records := [record for of_partition in polled.values() for record in of_partition]:
                self.handle(records)

    def handle(self, records: Sequence[ReceivedRecord]) -> None:
        """Score one batch, await the broker's word for every prediction, print them, and commit."""
        requests = sorted(map(read_request, records), key=lambda request: request.model)
        for model, of_model in groupby(requests, key=lambda request: request.model):
            self._score(model, list(of_model))
        broker.commit_through(self.consumer, records)

    def _score(self, model: str, requests: Sequence[Request]) -> None:
        self.prepare(model)
        answers = self.api.predict(model, [request.features for request in requests])
        scored = list(zip(requests, answers, strict=True))
        now = datetime.now(UTC)
        sent = [broker.send(self.producer, write_prediction(request, answer, now)) for request, answer in scored]
        for future in sent:
            future.get(timeout=DELIVERY_SECONDS)
        arrived = time.time()
        for request, answer in scored:
            print(show.line(request, answer, arrived - request.record.timestamp / 1000), flush=True)
