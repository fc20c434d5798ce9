"""How a batch reaches the broker: its messages first, then its offsets, or both in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from petalstream import broker
from petalstream.broker import KafkaConsumer, KafkaError, KafkaProducer
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import Delivery, Settings

# The producer's own bound is longer than a broker's restart and shorter than the drain that a stop allows.
DELIVERY_SECONDS = 8
COMMIT_SECONDS = 8
BOOTSTRAP_SECONDS = 5
log = logging.getLogger(__name__)


class Deliver(Protocol):
    """Writes `messages` and commits the offsets after `records`. Raises KafkaError; then nothing was committed."""

    def __call__(self, messages: Sequence[Message], records: Sequence[ReceivedRecord]) -> None: ...


def new_producer(configured: Settings, instance: str) -> KafkaProducer:
    """The producer that the setting DELIVERY asks for. Raises KafkaError."""
    servers = configured.kafka_bootstrap_servers
    if configured.delivery == Delivery.EXACTLY_ONCE:
        transactional_id = f"{configured.consumer_group}-{instance}"
        return broker.new_transactional_producer(servers, DELIVERY_SECONDS, transactional_id, BOOTSTRAP_SECONDS)
    return broker.new_producer(servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)


def delivery(configured: Settings, consumer: KafkaConsumer, producer: KafkaProducer) -> Deliver:
    """How the setting DELIVERY asks for a batch to be delivered."""
    exactly = configured.delivery == Delivery.EXACTLY_ONCE
    return ExactlyOnce(consumer, producer) if exactly else AtLeastOnce(consumer, producer)


@dataclass(frozen=True)
class AtLeastOnce:
    """Offsets are committed once the broker has acknowledged every message; killed in between, it writes them again."""

    consumer: KafkaConsumer
    producer: KafkaProducer

    def __call__(self, messages: Sequence[Message], records: Sequence[ReceivedRecord]) -> None:
        """Write, await the broker's word for each message, commit."""
        _write(self.producer, messages)
        broker.commit(self.consumer, broker.offsets_after(records), COMMIT_SECONDS)


@dataclass(frozen=True)
class ExactlyOnce:
    """Messages and offsets are one transaction: a reader of committed records sees each outcome once."""

    consumer: KafkaConsumer
    producer: KafkaProducer

    def __call__(self, messages: Sequence[Message], records: Sequence[ReceivedRecord]) -> None:
        """Write, await the broker's word for each message, commit with the offsets."""
        self.producer.begin_transaction()
        _write(self.producer, messages)
        offsets = broker.offsets_after(records)
        broker.commit_in_transaction(self.producer, self.consumer, offsets, COMMIT_SECONDS)


def _write(producer: KafkaProducer, messages: Sequence[Message]) -> None:
    for message, future in [(message, broker.send(producer, message)) for message in messages]:
        try:
            future.get(timeout=DELIVERY_SECONDS)
        except KafkaError:
            log.error("%s did not take an outcome of %d bytes", message.topic, message.size)
            raise
