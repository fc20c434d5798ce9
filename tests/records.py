"""A record as a Kafka client would hand it over, for tests that need no broker."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from petalstream.messages import Message

FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@dataclass
class Record:
    """Satisfies petalstream.messages.ReceivedRecord; `timestamp` is in milliseconds."""

    topic: str = "iris.requests"
    partition: int = 0
    offset: int = 0
    timestamp: int = 1_000
    key: bytes | None = b"1"
    value: bytes | None = b"{}"
    headers: Sequence[tuple[str, bytes | None]] = field(default_factory=list)


def flower(**changes: object) -> bytes:
    """The value of a request: a setosa, but for the changes."""
    return json.dumps(FLOWER | changes).encode()


def as_received(message: Message) -> Record:
    """What a consumer gets of a message that was written."""
    return Record(message.topic, 0, 0, 2_000, message.key, message.value, message.headers)
