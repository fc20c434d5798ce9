"""What travels on Kafka, as pure functions: CloudEvents 1.0 in binary mode. docs/messages.md shows each record."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

# As long as the longest of its topics' names may be: Kafka allows 249 characters.
MODEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,235}")
REQUEST_TOPICS = re.compile(rf"^{MODEL_NAME.pattern}\.requests$")
Headers = list[tuple[str, bytes]]
SPECVERSION, CONTENT_TYPE = ("ce_specversion", b"1.0"), ("content-type", b"application/json")


class ReceivedRecord(Protocol):
    """A record as a Kafka client hands it over; `timestamp` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


# A tuple, which takes a fraction of the time of a frozen dataclass to make: there is one for each record.
class Message(NamedTuple):
    """A record to send; where `partition` is None, the key decides it.

    A topic with fewer partitions takes the message in `partition` modulo their number.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        return size(self.key, self.value, self.headers)


def requests_topic(model: str) -> str:
    """Where the records to be scored by `model` wait."""
    return f"{model}.requests"


def predictions_topic(model: str) -> str:
    """Where the predictions of `model` go."""
    return f"{model}.predictions"


def dead_letters_topic(model: str) -> str:
    """Where the records go that `model` could not score."""
    return f"{model}.dead-letters"


def size(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> int:
    """Bytes of a record's key, value and headers, names included."""
    total = len(key or b"") + len(value or b"")
    for name, held in headers:
        total += len(name) if name.isascii() else len(name.encode())
        if held:
            total += len(held)
    return total


def model_of(topic: str) -> str:
    """The model whose requests wait in `topic`."""
    return topic.removesuffix(".requests")


def outcome_partition(record: ReceivedRecord, key: bytes | None) -> int | None:
    """Return the partition for an outcome of `record` that is written with `key`: without a key the record's own."""
    return record.partition if key is None else None


def coordinates(record: ReceivedRecord) -> str:
    """The record's coordinates, as logs and errors name it: topic[partition]@offset."""
    return f"{record.topic}[{record.partition}]@{record.offset}"


def event_time(time: datetime) -> bytes:
    """A moment as the header `ce_time` has it: in UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def write_request(
    model: str, sample_id: str, features: Mapping[str, Any], expected: str | None, event_id: str, time: datetime
) -> Message:
    """The request record of one sample; `time` is when it was made, `event_id` unique among the producer's events."""
    headers = [
        SPECVERSION,
        ("ce_id", event_id.encode()),
        ("ce_type", b"petalstream.request"),
        ("ce_source", b"/petalstream/producer"),
        ("ce_time", event_time(time)),
        CONTENT_TYPE,
    ]
    if expected is not None:
        headers.append(("expected", expected.encode()))
    return Message(requests_topic(model), sample_id.encode(), json.dumps(features, allow_nan=False).encode(), headers)
