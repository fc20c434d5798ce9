"""A follower beside a real broker, and the requests and outcomes that it reads."""

import dataclasses
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from confluent_kafka import Producer

from embedded.waiting import wait_until
from petalstream.settings import Settings
from services.dashboard.follow.follower import Follower
from services.dashboard.follow.stack import Stack
from services.dashboard.latest import Latest
from services.dashboard.snapshot import Ledger, ModelSnapshot, PartitionLedger

SECONDS = 60
Place = tuple[int, int]
VALUE = json.dumps(
    {
        "model": "iris",
        "version": "1",
        "prediction": {"label": "setosa", "probabilities": {"setosa": 1.0}},
        "features": {"sepal_length": 5.1},
        "warnings": [],
    }
).encode()


@dataclasses.dataclass
class Followed:
    """What a running follower shows."""

    latest: Latest

    def model(self, name: str = "iris") -> ModelSnapshot | None:
        """The newest view of a model."""
        return self.latest.snapshot.models.get(name)

    def total(self) -> PartitionLedger | None:
        """The sums of Iris' ledger."""
        model = self.model()
        return model.ledger.total if model else None

    def await_model(
        self, condition: Callable[[ModelSnapshot], bool], what: str, seconds: float = SECONDS
    ) -> ModelSnapshot:
        """Wait until the view of Iris is so; return it."""
        found: list[ModelSnapshot] = []

        def is_so() -> bool:
            model = self.model()
            if model is not None and condition(model):
                found.append(model)
            return bool(found)

        try:
            wait_until(is_so, what, seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; last seen: {self.latest.snapshot.reading}; {self.total()}") from error
        return found[0]

    def await_ledger(self, condition: Callable[[PartitionLedger], bool], what: str, seconds: float = SECONDS) -> Ledger:
        """Wait until the sums of Iris' ledger are so and losses were looked for since; return the ledger."""
        model = self.await_model(lambda model: condition(model.ledger.total), what, seconds)
        checked_at = model.ledger.checked_at or 0
        return self.await_model(lambda model: (model.ledger.checked_at or 0) > checked_at, "the next check").ledger


@contextmanager
def following(configured: Settings) -> Iterator[Followed]:
    """A follower of the broker that the settings name, until the end of the block."""
    latest = Latest()
    follower = Follower(configured.kafka_bootstrap_servers, Stack(configured), latest)
    follower.start()
    try:
        yield Followed(latest)
    finally:
        follower.close()


def places(ledger: Ledger, kind: str) -> set[Place]:
    """Where requests are lost or doubled, by partition and offset."""
    return {(place.partition, place.offset) for place in ledger.places if place.kind == kind}


def write_flow(
    servers: str, partitions: int, offsets: Iterable[int], lost: Collection[Place] = (), doubled: Collection[Place] = ()
) -> None:
    """Write requests at these offsets of each partition, and predictions of them as the consumer would.

    Those of `lost` get none, those of `doubled` two.
    """
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 20, "enable.idempotence": True})
    for offset in offsets:
        for partition in range(partitions):
            _produce(producer, "iris.requests", b"{}", partition, [])
            copies = 0 if (partition, offset) in lost else 1 + ((partition, offset) in doubled)
            for _ in range(copies):
                _produce(producer, "iris.predictions", VALUE, partition, _source(partition, offset))
        if offset % 2_000 == 1_999:
            producer.flush(SECONDS)
    assert producer.flush(SECONDS) == 0


def _source(partition: int, offset: int) -> list[tuple[str, bytes]]:
    return [
        ("expected", b"setosa"),
        ("source_topic", b"iris.requests"),
        ("source_partition", b"%d" % partition),
        ("source_offset", b"%d" % offset),
    ]


def _produce(
    producer: Producer, topic: str, value: bytes, partition: int, headers: Sequence[tuple[str, bytes]]
) -> None:
    producer.produce(topic, value, b"1", partition=partition, headers=list(headers))
    producer.poll(0)
