"""What may go wrong with Kafka, in the same exceptions whichever client met it."""

from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerFencedError,
    UnsupportedCodecError,
)

__all__ = [
    "AuthorizationError",
    "ClientNotInstalled",
    "CommitFailedError",
    "FencedInstanceIdError",
    "InvalidProducerEpochError",
    "KafkaError",
    "KafkaTimeoutError",
    "MessageSizeTooLargeError",
    "ProducerFencedError",
    "UnreadableRecords",
    "UnsupportedCodecError",
]


class ClientNotInstalled(Exception):
    """The client that the setting KAFKA_CLIENT asks for is not there."""

    def __init__(self, client: str, package: str) -> None:
        super().__init__(
            f"KAFKA_CLIENT={client} needs the package {package}: pip install -c constraints.txt {package},"
            f" or build the image with KAFKA_CLIENT={client}"
        )


class UnreadableRecords(KafkaError):  # type: ignore[misc]
    """Offsets `first` up to, not including, `next` of a partition hold bytes that no client can read as records."""

    def __init__(self, topic: str, partition: int, first: int, next_offset: int, fault: BaseException) -> None:
        super().__init__(fault)
        self.topic, self.partition, self.first, self.next = topic, partition, first, next_offset

    def __str__(self) -> str:
        last = f" to {self.next - 1}" if self.next > self.first + 1 else ""
        return f"{self.topic}[{self.partition}]@{self.first}{last} cannot be read: {self.args[0]}"
