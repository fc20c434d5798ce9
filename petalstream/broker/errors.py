"""The exceptions that both clients raise."""

from collections.abc import Collection

from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    InconsistentGroupProtocolError,
    InvalidProducerEpochError,
    InvalidRecordError,
    InvalidTimestampError,
    InvalidTopicError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NodeNotReadyError,
    OutOfOrderSequenceNumberError,
    PolicyViolationError,
    ProducerFencedError,
    RebalanceInProgressError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownMemberIdError,
    UnknownTopicOrPartitionError,
    UnsupportedCodecError,
)

__all__ = [
    "NO_ANSWER",
    "REBALANCING",
    "RECORD_ERRORS",
    "TOPIC_ERRORS",
    "AuthorizationError",
    "ClientNotInstalled",
    "CommitFailedError",
    "FencedInstanceIdError",
    "InconsistentGroupProtocolError",
    "InvalidProducerEpochError",
    "InvalidRecordError",
    "InvalidTimestampError",
    "InvalidTopicError",
    "KafkaError",
    "KafkaTimeoutError",
    "MessageSizeTooLargeError",
    "NeighbourRefused",
    "OutOfOrderSequenceNumberError",
    "PolicyViolationError",
    "ProducerFencedError",
    "RecordListTooLargeError",
    "TopicAuthorizationFailedError",
    "UnknownTopicOrPartitionError",
    "UnreadableRecords",
    "UnreadableTopics",
    "UnsupportedCodecError",
]


class ClientNotInstalled(Exception):
    """The client that the setting KAFKA_CLIENT names is not installed."""

    def __init__(self, client: str, package: str) -> None:
        super().__init__(
            f"KAFKA_CLIENT={client} needs the package {package}: pip install -c constraints.txt {package},"
            f" or build the image with KAFKA_CLIENT={client}"
        )


class NeighbourRefused(KafkaError):  # type: ignore[misc]
    """A message failed because another message of the same write was refused; it was not refused itself."""


class UnreadableRecords(KafkaError):  # type: ignore[misc]
    """Offsets `first` up to, not including, `next` of a partition hold bytes that no client can read as records."""

    def __init__(self, topic: str, partition: int, first: int, next_offset: int, fault: BaseException) -> None:
        super().__init__(fault)
        self.topic, self.partition, self.first, self.next = topic, partition, first, next_offset

    def __str__(self) -> str:
        last = f" to {self.next - 1}" if self.next > self.first + 1 else ""
        return f"{self.topic}[{self.partition}]@{self.first}{last} cannot be read: {self.args[0]}"


class UnreadableTopics(KafkaError):  # type: ignore[misc]
    """A consumer has no permission to read these topics, or no codec for them. It can read others."""

    def __init__(self, topics: Collection[str], fault: BaseException) -> None:
        super().__init__(fault)
        self.topics = frozenset(topics)

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.topics))} cannot be read: {self.args[0]}"


# A record is refused, or its batch for one of its records. Only a message that was written alone is known to be at
# fault: the broker names no record that makes a batch too large.
RECORD_ERRORS = (
    InvalidRecordError,
    InvalidTimestampError,
    MessageSizeTooLargeError,
    NeighbourRefused,
    PolicyViolationError,
    RecordListTooLargeError,
)
# The membership that a request named is not the current one: the next one may be, once the group is rebalanced.
REBALANCING = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)
# No broker answered, or none could be reached.
NO_ANSWER = (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError)
TOPIC_ERRORS = (InvalidTopicError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError)


def with_neighbours(errors: dict[int, KafkaError], consequences: tuple[type[KafkaError], ...]) -> dict[int, KafkaError]:
    """Return `errors` with NeighbourRefused in place of `consequences`, if a record of the same write was refused."""
    refused = next((error for error in errors.values() if isinstance(error, RECORD_ERRORS)), None)
    if refused is None:
        return errors
    neighbour = NeighbourRefused(f"another message of the same write was refused: {refused}")
    return {index: neighbour if isinstance(error, consequences) else error for index, error in errors.items()}
