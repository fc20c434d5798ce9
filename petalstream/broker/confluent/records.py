"""Messages of the library as records, each part read once."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message, TopicPartition

from petalstream.broker.partitions import Partition, Positions
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


def readable(messages: list[Message]) -> tuple[list[ReceivedRecord], list[Message]]:
    """Return the records, and the first message of each partition that is none.

    Records of a partition after such a message are left out: the library may have read them from corrupt bytes.
    """
    records: list[ReceivedRecord] = []
    obstacles: list[Message] = []
    while messages:
        errors = list(map(Message.error, messages))
        end = next((number for number, error in enumerate(errors) if error), len(messages))
        headers = _headers(messages[:end])
        end = len(headers)
        records += _records(messages[:end], headers)
        if end == len(messages):
            break
        obstacle = messages[end]
        obstacles.append(obstacle)
        messages = [each for each in messages[end + 1 :] if _partition(each) != _partition(obstacle)]
    return records, obstacles


def _records(messages: list[Message], headers: list[Headers]) -> list[ReceivedRecord]:
    # Column by column, in C: this runs for every record.
    columns: list[Any] = [map(part, messages) for part in (Message.topic, Message.partition, Message.offset)]
    times = [moment for _, moment in map(Message.timestamp, messages)]
    columns += [times, map(Message.key, messages), map(Message.value, messages), headers]
    return list(map(Received, *columns))


def _partition(message: Message) -> tuple[str | None, int | None]:
    return message.topic(), message.partition()


def with_metadata(positions: Positions) -> list[TopicPartition]:
    """Return what the library commits: the id of the topic is the metadata of an offset."""
    return [
        TopicPartition(topic, number, position.offset, position.topic_id)
        for (topic, number), position in positions.items()
    ]


def plain(partitions: Collection[TopicPartition]) -> list[Partition]:
    """Return the library's partitions as ours."""
    return [Partition(each.topic, each.partition) for each in partitions]


def _headers(messages: list[Message]) -> list[Headers]:
    """Return the headers of the messages before the first that has a name which is not UTF-8."""
    found: list[Any] = []
    # The library raises SystemError for such a name, and only at the first call for a message.
    with suppress(SystemError):
        found.extend(map(Message.headers, messages))
    return [headers or () for headers in found]
