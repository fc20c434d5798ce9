"""Messages out through kafka-python, alone or in transactions."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer

from petalstream.broker.errors import (
    InvalidRecordError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    OutOfOrderSequenceNumberError,
    UnknownTopicOrPartitionError,
    with_neighbours,
)
from petalstream.broker.interfaces import TOPIC_MS, Left, Membership
from petalstream.broker.kafka_python.clients import close_producer
from petalstream.broker.kafka_python.connection import is_connected
from petalstream.broker.kafka_python.offsets import with_metadata
from petalstream.broker.partitions import Positions
from petalstream.messages import Message

READY_SECONDS = 0.005


class Producer:
    """petalstream.broker.Producer and Sender through kafka-python."""

    def __init__(self, client: KafkaProducer) -> None:
        self._client = client
        self._offsets: Any = None
        self._unknown = 0
        # The client calls back from its own thread.
        self._reported = threading.Condition()

    def write(self, messages: Sequence[Message], left: Left) -> dict[int, KafkaError]:
        """Write messages; return the error of each that was not acknowledged, by index. Raises KafkaError."""
        results = self._send_all(messages, left)
        self._await_all(results, left)
        self._raise_if_failed()
        errors = {
            index: self._error(messages[index].topic, result)
            for index, result in enumerate(results)
            if isinstance(result, KafkaError) or not result.succeeded()
        }
        return with_neighbours(errors, (OutOfOrderSequenceNumberError,))

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        """Send one message; call `refused` if it does not arrive. Raises KafkaError."""
        future = send(self._client, message)
        with self._reported:
            self._unknown += 1
        future.add_errback(refused)
        future.add_both(self._report)

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker."""
        return is_connected(self._client)

    def flush(self, seconds: float) -> int:
        """Wait until the fate of every message is known; return how many are unknown after `seconds`."""
        # Not the client's flush(), which raises if the client had to split a batch.
        with self._reported:
            self._reported.wait_for(lambda: not self._unknown, seconds)
            return self._unknown

    def begin_transaction(self, membership: Membership, positions: Positions) -> None:
        """Begin a transaction that also commits `positions`. Raises KafkaError."""
        self._client.begin_transaction()
        # The client's own methods for offsets, commit and abort wait for the broker without a bound. The offsets are
        # sent while the messages are prepared; a consumer that is assigned their partitions meanwhile waits until the
        # transaction has ended.
        self._offsets = self._manager.send_offsets_to_transaction(with_metadata(positions), membership)
        self._client._sender.wakeup()

    def commit_transaction(self, left: Left) -> None:
        """Commit the messages and the offsets in the seconds that are `left`. Raises KafkaError."""
        self._await(self._offsets, "take the transaction's offsets", left())
        self._await(self._manager.begin_commit(), "commit the transaction", left())

    def abort_transaction(self, left: Left) -> None:
        """Abort the open transaction in the seconds that are `left`. Raises KafkaError."""
        manager = self._manager
        self._await(manager.begin_abort(), "abort the transaction", left())
        # A refused batch leaves a gap in the sequence numbers; with a new epoch they begin again.
        manager.bump_producer_id_and_epoch()
        self._client._sender.wakeup()
        while manager.is_bumping_epoch():
            if not left():
                raise KafkaTimeoutError("the broker did not renew the producer's epoch in time")
            time.sleep(READY_SECONDS)
        self._raise_if_failed()

    def close(self, seconds: float) -> None:
        """Close within `seconds`; messages that the broker has not taken by then are dropped."""
        close_producer(self._client, seconds)

    @property
    def _manager(self) -> Any:
        return self._client._transaction_manager

    def _send_all(self, messages: Sequence[Message], left: Left) -> list[Any]:
        """Return a future, or the client's own error, for each message."""
        results: list[Any] = []
        found: set[str] = set()
        missing: dict[str, KafkaError] = {}
        for message in messages:
            topic = message.topic
            try:
                if topic not in found and topic not in missing:
                    self._find(topic, left)
                    found.add(topic)
                results.append(send(self._client, message) if topic in found else missing[topic])
            except KafkaError as error:
                results.append(error)
                if topic not in found:
                    missing[topic] = error
            except (TypeError, ValueError) as error:
                results.append(InvalidRecordError(str(error)))
        return results

    def _find(self, topic: str, left: Left) -> None:
        """Wait up to TOPIC_MS until the partitions of a topic are known. Raises KafkaError."""
        cluster = self._client._metadata
        if cluster.partitions_for_topic(topic):
            return
        refreshed = cluster._last_successful_refresh_ms
        self._client.config["max_block_ms"] = min(TOPIC_MS, left() * 1000)
        try:
            self._client.partitions_for(topic)
        except KafkaTimeoutError as error:
            if cluster._last_successful_refresh_ms > refreshed:
                raise UnknownTopicOrPartitionError(topic) from error
            raise
        except (TypeError, ValueError) as error:
            raise InvalidTopicError(str(error)) from error

    def _await_all(self, results: list[Any], left: Left) -> None:
        # The client's flush() ends early if the client splits a batch.
        pending = [result for result in results if not isinstance(result, KafkaError) and not result.is_done]
        while pending and (seconds := left()):
            with suppress(KafkaError):
                self._client.flush(seconds)
            pending = [future for future in pending if not future.is_done]

    def _error(self, topic: str, result: Any) -> KafkaError:
        """Return the error of a message that the broker did not acknowledge."""
        if isinstance(result, KafkaError):
            return result
        error = result.exception if result.is_done else KafkaTimeoutError("the broker did not acknowledge it in time")
        if isinstance(error, KafkaTimeoutError) and self._client._metadata.partitions_for_topic(topic) is None:
            return UnknownTopicOrPartitionError(topic)
        return error if isinstance(error, KafkaError) else KafkaError(error)

    def _raise_if_failed(self) -> None:
        if self._manager.has_fatal_error():
            error = self._manager.last_error
            raise error if isinstance(error, KafkaError) else KafkaError(error)

    def _await(self, result: Any, what: str, seconds: float) -> None:
        self._client._sender.wakeup()
        if not result.wait(timeout_ms=int(seconds * 1000)):
            raise KafkaTimeoutError(f"the broker did not {what} in time")

    def _report(self, _: object) -> None:
        with self._reported:
            self._unknown -= 1
            self._reported.notify()


def send(client: KafkaProducer, message: Message) -> Any:
    """Hand one message to the client; the future's get() raises KafkaError if the broker did not take it."""
    partition = message.partition
    if partition is not None:
        known = client.partitions_for(message.topic)
        partition = partition % len(known) if known else None
    return client.send(message.topic, message.value, message.key, message.headers, partition)
