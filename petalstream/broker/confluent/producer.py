"""Messages out through confluent-kafka, alone or in transactions."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, cast

import confluent_kafka

from petalstream.broker.confluent.errors import NotSent, ProducerFailed, translated, translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.options import producer_options
from petalstream.broker.confluent.partitions import Partitions
from petalstream.broker.confluent.records import with_metadata
from petalstream.broker.confluent.statistics import Statistics
from petalstream.broker.errors import (
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
    with_neighbours,
)
from petalstream.broker.interfaces import Left, Membership
from petalstream.broker.partitions import Positions
from petalstream.messages import Message

FULL_SECONDS, OVERTIME_SECONDS = 0.1, 0.5
LibraryError = confluent_kafka.KafkaError
Report = Callable[[LibraryError | None, object], None]


class Producer:
    """petalstream.broker.Producer and Sender through confluent-kafka."""

    def __init__(
        self,
        servers: str,
        delivery_seconds: int,
        transactional_id: str | None = None,
        statistics: Statistics | None = None,
    ) -> None:
        self._options = producer_options(servers, delivery_seconds, transactional_id)
        # Of a client that is polled by nobody, the library would keep each of them in memory.
        self._statistics = statistics
        if statistics:
            self._options |= statistics.options()
        self._client = confluent_kafka.Producer(self._options, logger=log)
        self._delivery_seconds = delivery_seconds
        self._partitions = Partitions()
        self._offsets: Any = None
        self._has_gap = False

    def init_transactions(self, seconds: float) -> None:
        """End a transaction that an earlier producer of the same id left open. Raises KafkaError."""
        with translating():
            self._client.init_transactions(seconds)

    def write(self, messages: Sequence[Message], left: Left) -> dict[int, KafkaError]:
        """Write messages; return the error of each that was not acknowledged, by index. Raises KafkaError."""
        reports: dict[int, LibraryError] = {}
        errors: dict[int, KafkaError] = {}
        for index, message in enumerate(messages):
            partition = self._partitions.find(self._client, message, left)
            try:
                self._produce(message, partition, partial(_note, reports, index), left)
            except KafkaError as error:
                errors[index] = error
        if self.flush(left()):
            errors |= self._purge(reports)
        errors = {index: translated(error) for index, error in reports.items()} | errors
        self._has_gap = self._has_gap or bool(errors)
        if failed := next(
            (each for each in errors.values() if isinstance(each, ProducerFencedError | ProducerFailed)), None
        ):
            raise failed
        return with_neighbours(errors, (NotSent,))

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        """Send one message; call `refused` if it does not arrive. Raises KafkaError."""
        end = time.monotonic() + self._delivery_seconds

        def report(error: LibraryError | None, _: object) -> None:
            if error:
                refused(translated(error))

        def left() -> float:
            return max(0.0, end - time.monotonic())

        self._produce(message, self._partitions.find(self._client, message, left), report, left)
        self._client.poll(0)

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker; only a client with statistics knows."""
        self._client.poll(0)
        return self._statistics is not None and self._statistics.is_connected

    def flush(self, seconds: float) -> int:
        """Wait until the fate of every message is known; return how many are unknown after `seconds`."""
        with translating():
            return int(self._client.flush(seconds))

    def begin_transaction(self, membership: Membership, positions: Positions) -> None:
        """Begin a transaction that also commits `positions`. Raises KafkaError."""
        self._offsets = with_metadata(positions), membership
        with translating():
            self._client.begin_transaction()

    def commit_transaction(self, left: Left) -> None:
        """Commit the messages and the offsets in the seconds that are `left`. Raises KafkaError."""
        (offsets, member), seconds = self._offsets, left()
        with translating():
            bounded(
                lambda: self._client.send_offsets_to_transaction(offsets, member, seconds), seconds + OVERTIME_SECONDS
            )
            self._client.commit_transaction(left())

    def abort_transaction(self, left: Left) -> None:
        """Abort the open transaction in the seconds that are `left`. Raises KafkaError."""
        try:
            with translating():
                self._client.abort_transaction(left())
        except (ProducerFencedError, InvalidProducerEpochError):
            raise
        except KafkaError as error:
            log.warning("a new client aborts the transaction, as this one cannot: %s", error)
            self._has_gap = True
        if self._has_gap:
            self._renew(left())

    def _renew(self, seconds: float) -> None:
        """Go on with a new client, whose sequence numbers begin again.

        A refused batch leaves a gap in them, for which the broker would refuse the next batch.
        """
        self.close(0)
        self._client = confluent_kafka.Producer(self._options, logger=log)
        self.init_transactions(seconds)
        self._has_gap = False

    def close(self, seconds: float) -> None:
        """Close within about `seconds`; messages that the broker has not taken by then are dropped."""
        # Not the library's close(), which waits for the broker without a bound. A fenced producer raises on each call.
        with suppress(KafkaError), translating():
            self._client.flush(seconds)
        with suppress(KafkaError), translating():
            self._client.purge()
            self._client.flush(0)

    def _produce(self, message: Message, partition: int, report: Report, left: Left) -> None:
        topic, key, value, headers = message.topic, message.key, message.value, cast(Any, message.headers)
        while True:
            try:
                self._client.produce(topic, value, key, partition, headers=headers, on_delivery=report)
                return
            except BufferError:
                if not left():
                    raise KafkaTimeoutError("the queue of the client was full for too long") from None
                self._client.poll(FULL_SECONDS)
            except confluent_kafka.KafkaException as error:
                raise translated(error.args[0]) from error

    def _purge(self, reports: dict[int, LibraryError]) -> dict[int, KafkaError]:
        """Drop the messages whose fate is unknown; return an error for each."""
        known = set(reports)
        with translating():
            self._client.purge()
            self._client.flush(OVERTIME_SECONDS)
        error = KafkaTimeoutError("the broker did not acknowledge the message in time")
        return dict.fromkeys(reports.keys() - known, error)


def _note(reports: dict[int, LibraryError], index: int, error: LibraryError | None, _: object) -> None:
    if error:
        reports[index] = error


def bounded(call: Callable[[], object], seconds: float) -> None:
    """Wait for a call of the library that may ignore its own timeout. Raises KafkaTimeoutError.

    send_offsets_to_transaction() ignores it if the group's coordinator is lost (confluentinc/librdkafka#5456). Nothing
    ends such a call. Its client must not be used any more; the next one of the same id fences it.
    """
    result: Future[object] = Future()

    def run() -> None:
        try:
            result.set_result(call())
        except BaseException as error:
            result.set_exception(error)

    Thread(target=run, name="offsets", daemon=True).start()
    try:
        result.result(seconds)
    except TimeoutError:
        raise KafkaTimeoutError("the broker did not take the transaction's offsets in time") from None
