"""Writers of transactions with producers that fail as a test says."""

from collections.abc import Iterator, Sequence

from petalstream.broker import (
    KafkaError,
)
from petalstream.messages import Message, ReceivedRecord
from services.consumer.delivery.exactly_once import ExactlyOnceWriter
from services.consumer.delivery.writer import LazyProducer
from tests.unit.consumer.outcomes import Producer


def writer(*producers: Producer, committed: bool = False) -> ExactlyOnceWriter:
    """A writer that gets these producers one after the other; the broker says whether a batch is `committed`."""
    following: Iterator[Producer] = iter(producers)

    def is_committed(records: Sequence[ReceivedRecord]) -> bool:
        return committed

    return ExactlyOnceWriter("iris", LazyProducer(lambda: next(following)), is_committed)


def keys(messages: Sequence[Message]) -> list[bytes | None]:
    """The keys of the predictions among messages."""
    return [message.key for message in messages if message.topic == "iris.predictions"]


def failing_once(step: str, error: KafkaError | None = None) -> Producer:
    """A producer that fails when it comes to that step for the first time, with a plain KafkaError by default."""
    failed: list[str] = []

    def fail(at: str) -> None:
        if at == step and not failed:
            failed.append(at)
            raise error or KafkaError(f"{step} failed")

    return Producer(fail=fail)
