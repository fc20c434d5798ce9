"""A worker whose broker and api are made by hand, for tests of the consumer's loop."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from petalstream.broker import Meanwhile
from petalstream.lifecycle import Stop
from petalstream.messages import Message, ReceivedRecord, place
from services.consumer.hold import Hold
from services.consumer.loop import Worker
from services.consumer.old_scoring import Ask, Scoring
from services.consumer.refusals import Refusals
from tests.records import Record
from tests.unit.fakes import Consumer


class Ledger:
    """Keeps, in order, what a worker prepares and delivers; `refuse` is what a delivery raises."""

    def __init__(self, capsys: pytest.CaptureFixture[str], refuse: Exception | None = None) -> None:
        self._capsys, self._refuse = capsys, refuse
        self.on_prepare: Callable[[], None] = lambda: None
        self.on_deliver: Callable[[], None] = lambda: None
        self.steps: list[str] = []
        self.messages: list[Message] = []
        self.memberships: list[Any] = []
        self.shown = ""

    def prepare(self, model: str) -> None:
        self.steps.append(f"prepare {model}")
        self.on_prepare()

    def deliver(
        self, messages: Sequence[Message], records: Sequence[ReceivedRecord], membership: Any, meanwhile: Meanwhile
    ) -> None:
        meanwhile()
        self.shown += self._capsys.readouterr().out
        self.steps.append("deliver " + " ".join(map(place, records)))
        self.messages += messages
        self.memberships.append(membership)
        self.on_deliver()
        if self._refuse:
            raise self._refuse

    @property
    def delivered(self) -> list[str]:
        """The places of each delivery."""
        return [step.removeprefix("deliver ") for step in self.steps if step.startswith("deliver ")]


def ask(model: str, rows: Sequence[bytes]) -> list[dict[str, Any]]:
    """Predicts every row but an empty one."""
    answer = {"model": model, "version": "3", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}
    missing = {"errors": [{"field": "n", "message": "is missing", "reason": "missing_feature"}]}
    return [missing if row == b"{}" else answer for row in rows]


def no_limit(topic: str) -> int:
    """Every topic takes everything."""
    return 1_000_000


def worker(
    consumer: Consumer,
    ledger: Ledger,
    stop: Stop,
    asking: Ask = ask,
    asking_at_once: Ask | None = None,
    refusals: Refusals | None = None,
    batch_records: int = 500,
) -> Worker:
    """A worker that asks `asking`, and whose outcomes go to the ledger."""
    eager, patient = (Scoring(how, 1_000, 1_000) for how in (asking_at_once or asking, asking))
    hold, refusals = Hold(consumer, stop), refusals or Refusals(no_limit)
    return Worker(consumer, hold, eager, patient, refusals, ledger.deliver, ledger.prepare, batch_records)


def work(ledger: Ledger, *batches: list[Record] | Exception, consumer: Consumer | None = None, **options: Any) -> None:
    """Have a worker work on the batches that are polled, until it is asked to stop once the last one is finished."""
    stop, consumer = Stop(), consumer or Consumer()

    def polled(number: int) -> list[Record]:
        if number > len(batches) + 1:  # the poll before that comes with the last batch in hand
            stop.request()
        batch = batches[number - 1] if number <= len(batches) else []
        if isinstance(batch, Exception):
            raise batch
        return batch

    consumer.on_poll = polled
    worker(consumer, ledger, stop, **options).run(stop)


def record(offset: int, partition: int = 0, topic: str = "iris.requests", value: bytes = b'{"n": 1}') -> Record:
    """A request that is predicted."""
    return Record(topic, partition, offset, value=value)
