"""librdkafka's error codes as the exceptions that both clients raise."""

from collections.abc import Iterator
from contextlib import contextmanager

import confluent_kafka
from kafka.errors import for_code

from petalstream.broker.errors import (
    FencedInstanceIdError,
    KafkaError,
    KafkaTimeoutError,
    NeighbourRefused,
    ProducerFencedError,
    UnknownTopicOrPartitionError,
)

Code = confluent_kafka.KafkaError


class ProducerFailed(KafkaError):  # type: ignore[misc]
    """The library's producer takes no message any more."""


class NotSent(KafkaError):  # type: ignore[misc]
    """The library dropped a message, or took none, because its transaction had already failed."""


# Codes of the library's own; a broker's codes are those of Kafka's protocol, whose classes kafka-python knows.
_OWN = {
    Code._FATAL: ProducerFailed,
    Code._FENCED: ProducerFencedError,
    Code._INVALID_DIFFERENT_RECORD: NeighbourRefused,
    Code._MSG_TIMED_OUT: KafkaTimeoutError,
    Code._PURGE_INFLIGHT: NotSent,
    Code._PURGE_QUEUE: NotSent,
    Code._STATE: NotSent,
    Code._TIMED_OUT: KafkaTimeoutError,
    Code._TIMED_OUT_QUEUE: KafkaTimeoutError,
    Code._UNKNOWN_PARTITION: UnknownTopicOrPartitionError,
    Code._UNKNOWN_TOPIC: UnknownTopicOrPartitionError,
}
# Bytes that the library cannot read. It then needs a seek: by itself it goes on in the middle of a batch that failed
# its checksum, takes what it finds there for an offset, and then begins the partition again.
UNREADABLE = (Code._BAD_MSG, Code._BAD_COMPRESSION, Code._UNDERFLOW, Code._NOT_IMPLEMENTED, Code.INVALID_MSG)


def translated(error: confluent_kafka.KafkaError) -> KafkaError:
    """Return the exception for an error of the library."""
    kind = _OWN.get(error.code(), KafkaError) if error.code() < 0 else for_code(error.code())
    # A consumer gets this one as a fatal error, whose text alone says what happened.
    if kind is ProducerFailed and Code(Code.FENCED_INSTANCE_ID).str() in error.str():
        kind = FencedInstanceIdError
    return kind(error.str())


@contextmanager
def translating() -> Iterator[None]:
    """Raise the library's exceptions as KafkaError."""
    try:
        yield
    except confluent_kafka.KafkaException as error:
        raise translated(error.args[0]) from error
    except SystemError as error:
        # The library raises inside of callbacks; the next callback then fails with SystemError.
        cause: BaseException | None = error
        while cause and not isinstance(cause, confluent_kafka.KafkaException):
            cause = cause.__cause__
        raise (translated(cause.args[0]) if cause else KafkaError(str(error))) from error
