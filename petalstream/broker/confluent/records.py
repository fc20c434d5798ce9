"""Messages of the library as records, each part read once."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message, TopicPartition

from petalstream.messages import ReceivedRecord

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(slots=True)
class Received:
    """Satisfies petalstream.messages.ReceivedRecord."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def readable(messages: list[Message]) -> tuple[list[ReceivedRecord], Message | None]:
    """The records before the first message that is none, and that message."""
    errors = list(map(Message.error, messages))
    end = next((number for number, error in enumerate(errors) if error), len(messages))
    headers = _headers(messages[:end])
    end = len(headers)
    found = messages[:end]
    # Column by column, in C: this is done for every record there is.
    columns: list[Any] = [map(part, found) for part in (Message.topic, Message.partition, Message.offset)]
    times = [moment for _, moment in map(Message.timestamp, found)]
    columns += [times, map(Message.key, found), map(Message.value, found), headers]
    return list(map(Received, *columns)), messages[end] if end < len(messages) else None


def offsets_after(records: Iterable[ReceivedRecord]) -> list[TopicPartition]:
    """What to commit once all of `records` are dealt with: the offset after the last one, by partition."""
    last = {(record.topic, record.partition): record.offset for record in records}
    return [TopicPartition(topic, partition, offset + 1) for (topic, partition), offset in last.items()]


def _headers(messages: list[Message]) -> list[Headers]:
    """The headers of the messages before the first with a name that is not UTF-8."""
    found: list[Any] = []
    # The library tells of such a name only the first time it is asked, and by an error of the interpreter's.
    with suppress(SystemError):
        found.extend(map(Message.headers, messages))
    return [headers or () for headers in found]
