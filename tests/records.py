"""A record as a Kafka client would hand it over, for tests that need no broker."""

from collections.abc import Sequence
from dataclasses import dataclass, field


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
