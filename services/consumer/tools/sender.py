"""Sends a batch and says what the broker had against each message of it."""

from collections.abc import Sequence
from typing import Any

from petalstream import broker
from petalstream.broker import KafkaError, MessageSizeTooLargeError
from petalstream.messages import Message

BOOTSTRAP_SECONDS, DELIVERY_SECONDS, CLOSE_SECONDS = 10, 8, 1


class Sender:
    """An idempotent producer, and another one where the broker has refused a message for its size.

    After such a refusal the client fails whatever else it is given, with the same error.
    """

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._producer = broker.new_producer(servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)

    def deliver(self, messages: Sequence[Message]) -> list[KafkaError | None]:
        """For each message what kept the broker from taking it, None where it has it. Raises KafkaError."""
        refusals = self._send(messages)
        suspects = [number for number, error in enumerate(refusals) if isinstance(error, MessageSizeTooLargeError)]
        if suspects:
            self._renew()
        for number in suspects:
            (refusals[number],) = self._send([messages[number]])
            if refusals[number]:
                self._renew()
        return refusals

    def close(self) -> None:
        """Close the producer."""
        broker.close_producer(self._producer, CLOSE_SECONDS)

    def _send(self, messages: Sequence[Message]) -> list[KafkaError | None]:
        futures: list[Any] = []
        failed: KafkaError | None = None
        for message in messages:
            try:
                futures.append(broker.send(self._producer, message))
            except KafkaError as error:
                failed = error  # and the next ones are not tried: each could wait as long as this one did
                break
        return [_refusal(future) for future in futures] + [failed] * (len(messages) - len(futures))

    def _renew(self) -> None:
        self.close()
        self._producer = broker.new_producer(self._servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)


def _refusal(future: Any) -> KafkaError | None:
    try:
        future.get(timeout=DELIVERY_SECONDS)
    except KafkaError as error:
        return error
    return None
