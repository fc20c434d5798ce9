"""Messages out through kafka-python, alone or in transactions."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer

from petalstream.broker.door import Left, Membership
from petalstream.broker.errors import KafkaError, KafkaTimeoutError
from petalstream.broker.kafka_python.clients import close_producer
from petalstream.broker.kafka_python.consumer import offsets_after
from petalstream.messages import Message, ReceivedRecord


class Producer:
    """petalstream.broker.Producer through kafka-python."""

    def __init__(self, client: KafkaProducer) -> None:
        self._client = client
        self._unknown = 0
        # The client tells what became of a message from a thread of its own.
        self._told = threading.Condition()

    def write(self, messages: Sequence[Message], left: Left) -> None:
        """Write messages and await the broker's word on each within the seconds that are `left`. Raises KafkaError."""
        futures = [send(self._client, message) for message in messages]
        # What is not full goes out now. Where the broker had the client split a batch this raises, and tells less than
        # the futures do.
        with suppress(KafkaError):
            self._client.flush(left())
        for future in futures:
            future.get(timeout=left())

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        """Hand over one message; `refused` is called where it does not arrive. Raises KafkaError."""
        future = send(self._client, message)
        with self._told:
            self._unknown += 1
        future.add_errback(refused)
        future.add_both(self._known)

    def flush(self, seconds: float) -> int:
        """Wait until it is known what became of every message sent; of how many it is not after `seconds`."""
        # Not the client's flush(), which raises where the broker had it split a batch that was too large.
        with self._told:
            self._told.wait_for(lambda: not self._unknown, seconds)
            return self._unknown

    def begin_transaction(self) -> None:
        """What is written from now on is one transaction."""
        self._client.begin_transaction()

    def commit_transaction(self, membership: Membership, records: Iterable[ReceivedRecord], left: Left) -> None:
        """Add the offsets after `records` to the transaction and commit it in the seconds `left`. Raises KafkaError."""
        # The client's own methods for the two wait without a bound.
        manager = self._client._transaction_manager
        self._await(manager.send_offsets_to_transaction(offsets_after(records), membership), "offsets", left())
        self._await(manager.begin_commit(), "commit", left())

    def close(self, seconds: float) -> None:
        """Close within `seconds`; what the broker has not taken by then is not sent any more."""
        close_producer(self._client, seconds)

    def _await(self, result: Any, what: str, seconds: float) -> None:
        self._client._sender.wakeup()
        if not result.wait(timeout_ms=int(seconds * 1000)):
            raise KafkaTimeoutError(f"the broker did not take the transaction's {what} in time")

    def _known(self, _: object) -> None:
        with self._told:
            self._unknown -= 1
            self._told.notify()


def send(client: KafkaProducer, message: Message) -> Any:
    """Hand one message to the client; the future's get() raises KafkaError where the broker did not take it."""
    return client.send(message.topic, message.value, message.key, message.headers)
