"""Messages out through kafka-python, alone or in transactions."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer

from petalstream.broker.door import Left, Meanwhile, Membership, nothing
from petalstream.broker.errors import KafkaError, KafkaTimeoutError
from petalstream.broker.kafka_python.clients import close_producer
from petalstream.broker.kafka_python.consumer import offsets_after
from petalstream.messages import Message, ReceivedRecord

# So long the client's thread has the interpreter for itself, which is enough to send what was handed over.
MOMENT = 0.0005


class Producer:
    """petalstream.broker.Producer through kafka-python."""

    def __init__(self, client: KafkaProducer) -> None:
        self._client = client
        self._offsets: Any = None
        self._unknown = 0
        # The client tells what became of a message from a thread of its own.
        self._told = threading.Condition()

    def write(self, messages: Sequence[Message], left: Left, meanwhile: Meanwhile = nothing) -> None:
        """Write messages and await the broker's word on each within the seconds that are `left`. Raises KafkaError.

        `meanwhile` is called once the client's thread has had a moment to send them.
        """
        futures = [send(self._client, message) for message in messages]
        # What is not full goes out now. Where the broker had the client split a batch this raises, and tells less than
        # the futures do.
        with suppress(KafkaError):
            self._client.flush(MOMENT)
        meanwhile()
        with suppress(KafkaError):
            self._client.flush(left())
        for future in futures:
            if not future.succeeded():
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

    def begin_transaction(self, membership: Membership, records: Iterable[ReceivedRecord]) -> None:
        """What is written from now on is one transaction with the offsets after `records`. Raises KafkaError."""
        self._client.begin_transaction()
        # The client's own methods for this and for the commit wait for the broker, and without a bound. These offsets
        # are on their way while the messages are made ready; a consumer that is given their partitions meanwhile waits
        # until the transaction has ended.
        manager = self._client._transaction_manager
        self._offsets = manager.send_offsets_to_transaction(offsets_after(records), membership)
        self._client._sender.wakeup()

    def commit_transaction(self, left: Left) -> None:
        """Commit what was written, and the offsets, in the seconds that are `left`. Raises KafkaError."""
        self._await(self._offsets, "offsets", left())
        self._await(self._client._transaction_manager.begin_commit(), "commit", left())

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
