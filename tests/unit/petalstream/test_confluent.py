"""Errors of confluent-kafka are the exceptions that kafka-python raises."""

import threading
from typing import Any

import confluent_kafka
import pytest
from kafka.errors import IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError

from petalstream.broker import (
    AuthorizationError,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    MessageSizeTooLargeError,
    NeighbourRefused,
    Position,
    ProducerFencedError,
)
from petalstream.broker.confluent.errors import translated, translating
from petalstream.broker.confluent.lookups import committed_position
from petalstream.broker.confluent.producer import bounded
from petalstream.broker.errors import (
    InvalidRecordError,
    InvalidTopicError,
    KafkaTimeoutError,
    UnknownTopicOrPartitionError,
)

Code = confluent_kafka.KafkaError


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.FENCED_INSTANCE_ID, FencedInstanceIdError),
        (Code.INVALID_PRODUCER_EPOCH, InvalidProducerEpochError),
        (Code._FENCED, ProducerFencedError),
        (Code.MSG_SIZE_TOO_LARGE, MessageSizeTooLargeError),
        (Code.GROUP_AUTHORIZATION_FAILED, AuthorizationError),
        (Code.TOPIC_AUTHORIZATION_FAILED, AuthorizationError),
        (Code.INVALID_RECORD, InvalidRecordError),
        (Code._INVALID_DIFFERENT_RECORD, NeighbourRefused),
        (Code.TOPIC_EXCEPTION, InvalidTopicError),
        (Code._UNKNOWN_TOPIC, UnknownTopicOrPartitionError),
        (Code._TRANSPORT, KafkaError),
        (Code.ILLEGAL_GENERATION, IllegalGenerationError),
        (Code.REBALANCE_IN_PROGRESS, RebalanceInProgressError),
        (Code.UNKNOWN_MEMBER_ID, UnknownMemberIdError),
    ],
)
def test_an_error_of_the_library_is_the_exception_that_the_other_client_raises(
    code: int, kind: type[KafkaError]
) -> None:
    error = translated(Code(code, "why"))
    assert isinstance(error, kind)
    assert "why" in str(error)


def fenced_in_a_callback() -> None:
    raise SystemError("returned a result with an exception set") from confluent_kafka.KafkaException(
        Code(Code._FENCED, "another one")
    )


def test_what_was_raised_in_the_midst_of_callbacks_is_found() -> None:
    with pytest.raises(ProducerFencedError, match="another one"), translating():
        fenced_in_a_callback()


def test_a_call_that_forgets_its_timeout_is_left_to_itself() -> None:
    ended = threading.Event()
    with pytest.raises(KafkaTimeoutError, match="offsets in time"):
        bounded(ended.wait, 0.01)
    ended.set()


def test_what_a_bounded_call_raises_is_raised() -> None:
    def fails() -> None:
        raise ProducerFencedError

    with pytest.raises(ProducerFencedError):
        bounded(fails, 30)


class Committed:
    """What the library returns of an offset: its metadata is read from memory up to a byte that ends a text in C."""

    offset = 7

    def __init__(self, memory: bytes) -> None:
        self._memory = memory

    @property
    def metadata(self) -> str:
        return self._memory.decode()


TOPIC_ID = "yZL0wQEAQ4SX27OE1Q6jkQ"


@pytest.mark.parametrize(
    ("memory", "topic_id"),
    [(TOPIC_ID.encode(), TOPIC_ID), (TOPIC_ID.encode() + b"other", TOPIC_ID), (TOPIC_ID.encode() + b"\xb5", "")],
    ids=["ended", "text after it", "bytes after it"],
)
def test_a_committed_offset_counts_whatever_follows_its_metadata_in_memory(memory: bytes, topic_id: str) -> None:
    committed: Any = Committed(memory)
    assert committed_position(committed) == Position(7, topic_id)
