"""Messages out through confluent-kafka, alone or in transactions."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any

import confluent_kafka

from petalstream.broker import door
from petalstream.broker.confluent.consumer import Membership
from petalstream.broker.confluent.errors import translated, translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.records import offsets_after
from petalstream.broker.door import Left, Meanwhile, nothing
from petalstream.broker.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from petalstream.messages import Message, ReceivedRecord

FULL_SECONDS, OVERTIME_SECONDS = 0.1, 0.5
BATCH_RECORDS, QUEUED_KILOBYTES = 10_000, 16 * 1024
Options = dict[str, Any]
OnSize = Callable[[MessageSizeTooLargeError], KafkaError]
Told = Callable[[confluent_kafka.KafkaError | None, object], None]


class Producer:
    """petalstream.broker.Producer through confluent-kafka; `on_size` says what to raise where a batch was too large."""

    def __init__(self, options: Options, delivery_seconds: int, on_size: OnSize) -> None:
        self._client = confluent_kafka.Producer(options, logger=log)
        self._delivery_seconds, self._on_size = delivery_seconds, on_size
        self._errors: list[KafkaError] = []
        self._offsets: Any = None

    def init_transactions(self, seconds: float) -> None:
        """End what a producer of the same transactional id has left open. Raises KafkaError."""
        with translating():
            self._client.init_transactions(seconds)

    def write(self, messages: Sequence[Message], left: Left, meanwhile: Meanwhile = nothing) -> None:
        """Write messages and await the broker's word on each within the seconds that are `left`. Raises KafkaError."""
        self._errors.clear()
        for message in messages:
            self._produce(message, self._note)
        meanwhile()
        if self.flush(left()):
            raise KafkaTimeoutError("the broker did not take every message in time")
        for error in self._errors:
            raise self._on_size(error) if isinstance(error, MessageSizeTooLargeError) else error

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        """Hand over one message; `refused` is called where it does not arrive. Raises KafkaError."""
        self._produce(message, lambda error, _: refused(translated(error)) if error else None)
        self._client.poll(0)

    def flush(self, seconds: float) -> int:
        """Wait until it is known what became of every message sent; of how many it is not after `seconds`."""
        with translating():
            return int(self._client.flush(seconds))

    def begin_transaction(self, membership: Membership, records: Iterable[ReceivedRecord]) -> None:
        """What is written from now on is one transaction with the offsets after `records`. Raises KafkaError."""
        self._offsets = offsets_after(records), membership.metadata
        with translating():
            self._client.begin_transaction()

    def commit_transaction(self, left: Left) -> None:
        """Commit what was written, and the offsets, in the seconds that are `left`. Raises KafkaError."""
        (offsets, member), seconds = self._offsets, left()
        with translating():
            bounded(
                lambda: self._client.send_offsets_to_transaction(offsets, member, seconds), seconds + OVERTIME_SECONDS
            )
            self._client.commit_transaction(left())

    def close(self, seconds: float) -> None:
        """Close within about `seconds`; what the broker has not taken by then is not sent any more."""
        # Not the library's close(), which waits for the broker without a bound. A producer that was fenced says so
        # again, whatever it is asked.
        with suppress(KafkaError), translating():
            self._client.flush(seconds)
        with suppress(KafkaError), translating():
            self._client.purge()
            self._client.flush(0)

    def _produce(self, message: Message, told: Told) -> None:
        headers: Any = message.headers
        end = 0.0
        while True:
            try:
                self._client.produce(message.topic, message.value, message.key, headers=headers, on_delivery=told)
                return
            except BufferError:
                end = end or time.monotonic() + self._delivery_seconds
                if time.monotonic() > end:
                    raise KafkaTimeoutError("the broker has taken nothing for too long") from None
                self._client.poll(FULL_SECONDS)
            except confluent_kafka.KafkaException as error:
                raise translated(error.args[0]) from error

    def _note(self, error: confluent_kafka.KafkaError | None, _: object) -> None:
        if error:
            self._errors.append(translated(error))


def bounded(call: Callable[[], object], seconds: float) -> None:
    """Wait for a call of the library that may forget its own timeout. Raises KafkaTimeoutError.

    The library does, in send_offsets_to_transaction(), where the group's coordinator is lost meanwhile: librdkafka's
    issue 5456. Nothing ends such a call; its producer must not be used any more, and is fenced by the next one.
    """
    told: Future[object] = Future()

    def run() -> None:
        try:
            told.set_result(call())
        except BaseException as error:
            told.set_exception(error)

    Thread(target=run, name="offsets", daemon=True).start()
    try:
        told.result(seconds)
    except TimeoutError:
        raise KafkaTimeoutError("the broker did not take the transaction's offsets in time") from None


def options(servers: str, delivery_seconds: int, alone: bool, transactional_id: str | None = None) -> Options:
    """The library's settings; `alone` has each record sent in a batch of its own."""
    own: Options = {} if transactional_id is None else {"transactional.id": transactional_id}
    return {
        "bootstrap.servers": servers,
        "acks": "all",
        "enable.idempotence": True,
        "allow.auto.create.topics": False,
        # A key has the partition that kafka-python, and Java, give it.
        "partitioner": "murmur2_random",
        "message.max.bytes": door.MAX_DEAD_LETTER_BYTES,
        "batch.size": door.PRODUCE_BYTES,
        "batch.num.messages": 1 if alone else BATCH_RECORDS,
        # The library's own threads send what was handed over, also while the last of a batch are not yet.
        "linger.ms": door.LINGER_MS,
        "queue.buffering.max.kbytes": QUEUED_KILOBYTES,
        "delivery.timeout.ms": delivery_seconds * 1000,
        "request.timeout.ms": delivery_seconds * 500,
        "delivery.report.only.error": True,
        "reconnect.backoff.max.ms": door.MOST_RECONNECT_MS,
        "transaction.timeout.ms": door.TRANSACTION_SECONDS * 1000,
        **own,
    }
