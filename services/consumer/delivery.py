"""How a batch reaches the broker: its messages first, then its offsets, or both in one transaction."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from petalstream.broker import Client, Consumer, Meanwhile, Membership, Producer
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import Delivery, Settings

# From a batch's first message to its commit: less than the drain that a stop allows, and than the time after which the
# broker ends a transaction as that of a dead consumer.
DELIVERY_SECONDS = 8
BOOTSTRAP_SECONDS = 5


class Deliver(Protocol):
    """Writes `messages` and commits the offsets after `records` as the group's member that `membership` is.

    `meanwhile` is called while the broker takes the messages.

    Raises KafkaError; whether it was committed is then for new clients to ask.
    """

    def __call__(
        self,
        messages: Sequence[Message],
        records: Sequence[ReceivedRecord],
        membership: Membership,
        meanwhile: Meanwhile,
    ) -> None: ...


def new_producer(configured: Settings, client: Client, instance: str) -> Producer:
    """The producer that the setting DELIVERY asks for. Raises KafkaError."""
    servers = configured.kafka_bootstrap_servers
    if configured.delivery == Delivery.EXACTLY_ONCE:
        transactional_id = f"{configured.consumer_group}-{instance}"
        return client.transactional_producer(servers, DELIVERY_SECONDS, transactional_id, BOOTSTRAP_SECONDS)
    return client.producer(servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)


def delivery(configured: Settings, consumer: Consumer, producer: Producer) -> Deliver:
    """How the setting DELIVERY asks for a batch to be delivered."""
    exactly = configured.delivery == Delivery.EXACTLY_ONCE
    return ExactlyOnce(producer) if exactly else AtLeastOnce(consumer, producer)


@dataclass(frozen=True)
class AtLeastOnce:
    """Offsets are committed once the broker has acknowledged every message; killed in between, it writes them again."""

    consumer: Consumer
    producer: Producer

    def __call__(
        self,
        messages: Sequence[Message],
        records: Sequence[ReceivedRecord],
        membership: Membership,
        meanwhile: Meanwhile,
    ) -> None:
        """Write, await the broker's word for each message, commit."""
        left = _timer(DELIVERY_SECONDS)
        self.producer.write(messages, left, meanwhile)
        self.consumer.commit(membership, records, left())


@dataclass(frozen=True)
class ExactlyOnce:
    """Messages and offsets are one transaction: a reader of committed records sees each outcome once."""

    producer: Producer

    def __call__(
        self,
        messages: Sequence[Message],
        records: Sequence[ReceivedRecord],
        membership: Membership,
        meanwhile: Meanwhile,
    ) -> None:
        """Write, await the broker's word for each message and for the offsets, commit both."""
        left = _timer(DELIVERY_SECONDS)
        self.producer.begin_transaction(membership, records)
        self.producer.write(messages, left, meanwhile)
        self.producer.commit_transaction(left)


def _timer(seconds: float) -> Callable[[], float]:
    """Tells how many of `seconds` are left from now on."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())
