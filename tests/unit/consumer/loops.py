"""The main loop between a consumer and lanes that are made by hand."""

from collections.abc import Callable
from typing import Any

from petalstream.broker import Partition, PartitionState, Position
from petalstream.lifecycle import Stop
from petalstream.messages import coordinates
from petalstream.settings import LostOffsets
from services.consumer.consumer_loop import ConsumerLoop
from services.consumer.delivery.uncommitted import Uncommitted, WrittenBatch
from services.consumer.lanes.inbox import Inbox
from services.consumer.lanes.lanes import Lanes
from services.consumer.offsets.starts import Starts
from services.consumer.subscription import Subscription
from tests.records import Record
from tests.unit.consumer.fakes import Consumer, ReadBefore

TOPIC_ID = "the-topic"


class Lane:
    """A lane without threads: what is in its inbox has its outcomes when `write` is called."""

    def __init__(self, most_records: int = 1_000) -> None:
        self.inbox, self.uncommitted = Inbox(most_records, 1_000_000), Uncommitted(1_000_000)
        self.failure: BaseException | None = None
        self.is_busy = False
        self.on_await: Callable[[], None] = lambda: None
        self.closed = False

    def write(self) -> list[str]:
        """Write the outcomes of all records in the inbox; the coordinates of these."""
        batch = self.inbox.first(1_000, 1_000_000)
        assert batch is not None
        self.inbox.remove(batch, len(batch.records))
        self.uncommitted.add(WrittenBatch(batch.records, batch.assignment))
        return [coordinates(record) for record in batch.records]

    def await_writer(self, seconds: float) -> None:
        self.on_await()

    def close(self, seconds: float) -> None:
        self.closed = True


class Loop:
    """A loop that stops after the polls that a test lists; each is records, or something to do or raise then.

    It has begun a partition each of Iris and Rose, from the offset that the group has committed.
    """

    def __init__(self, *polls: Any, lanes: dict[str, Lane] | None = None) -> None:
        self.stop, self.consumer, self.lanes = Stop(), Consumer(), lanes or {}
        self._polls = polls
        self.consumer.on_poll = self._poll
        self.starts = Starts(ReadBefore(iris=TOPIC_ID, rose=TOPIC_ID), LostOffsets.CONTINUE)
        subscription = Subscription(self.consumer, lambda: {"iris", "rose"})
        self.loop = ConsumerLoop(self.consumer, Lanes(self._lane), self.starts, subscription, 500)  # type: ignore[arg-type]
        self.loop.begin([state("iris"), state("rose")])

    def run(self) -> "Loop":
        """Work until all polls are done."""
        self.loop.run(self.stop)
        return self

    def _lane(self, model: str) -> Lane:
        return self.lanes.setdefault(model, Lane())

    def _poll(self, number: int) -> list[Record]:
        if number > len(self._polls):
            self.stop.request()
            return []
        found = self._polls[number - 1]
        if isinstance(found, BaseException):
            raise found
        return found(self) or [] if callable(found) else found


def records(*offsets: int, topic: str = "iris.requests") -> list[Record]:
    """Requests at these offsets."""
    return [Record(topic=topic, offset=offset) for offset in offsets]


def state(model: str, **changes: Any) -> PartitionState:
    """The first partition of a model's requests, of which offsets 0 to 999 are there and none is read."""
    known: dict[str, Any] = {"position": Position(0, TOPIC_ID), "log_start": 0, "log_end": 1_000, **changes}
    return PartitionState(Partition(f"{model}.requests", 0), TOPIC_ID, **known)


def write(loop: Loop) -> None:
    """Have every lane write what it has."""
    for lane in loop.lanes.values():
        if not lane.inbox.is_empty:
            lane.write()
