"""What the stream asks of a Kafka client: a consumer in a group and a producer, whichever package is behind them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from petalstream.messages import Message, ReceivedRecord

# Which member of which generation of the group a consumer is: while it stays the same, so do its partitions.
Membership = Any
Left = Callable[[], float]
Meanwhile = Callable[[], object]

BOOTSTRAP_SECONDS = 30
# What is longer open than this is a dead producer's, and the broker ends it.
TRANSACTION_SECONDS = 10
MAX_DEAD_LETTER_BYTES = 2 * 1024 * 1024
# Of so many bytes are the fetches that a consumer has under way or in hand, whatever its backlog.
FETCH_BYTES, PARTITION_FETCH_BYTES = 2 * 1024 * 1024, 512 * 1024
SESSION_MS, HEARTBEAT_MS, METADATA_MS = 10_000, 2_000, 5_000
MOST_RECONNECT_MS = 1_000
# So long a message waits for others of its partition.
LINGER_MS = 2
# More than a partition gets of a batch of ordinary records, which so go in one piece.
PRODUCE_BYTES = 512 * 1024


def nothing() -> None:
    """For whoever has nothing to do meanwhile."""


class Consumer(Protocol):
    """A member of a group that commits nothing by itself, and begins at the earliest record where nothing is committed.

    It reads what is committed only: of a transaction that was aborted nothing, of an open one nothing yet.
    """

    def subscribe(self, pattern: str) -> None:
        """Read the topics that match, also those that come later."""

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Up to `most` records, as soon as there are any; none after `seconds`. Raises UnreadableRecords, KafkaError.

        Records of one partition are in order.
        """

    def membership(self) -> Membership:
        """As which member of the group it polls just now."""

    def pause(self) -> None:
        """Let no poll give a record of the partitions that it has."""

    def resume(self) -> None:
        """Go on where it was paused."""

    def commit(self, membership: Membership, records: Iterable[ReceivedRecord], seconds: float) -> None:
        """Commit the offsets after `records`, in about `seconds`.

        Raises KafkaError, so where `membership` is no longer the consumer's.
        """

    def close(self, seconds: float) -> None:
        """Leave within about `seconds`, committing nothing; what goes wrong meanwhile hides no earlier error."""


class Sender(Protocol):
    """Sends messages one by one, each soon."""

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        """Hand over one message; `refused` is called, maybe from another thread, where it does not arrive.

        Raises KafkaError where the client itself refuses it.
        """

    def flush(self, seconds: float) -> int:
        """Wait until it is known what became of every message sent; of how many it is not after `seconds`."""
        ...

    def close(self, seconds: float) -> None:
        """Close within about `seconds`; what the broker has not taken by then is not sent any more."""


class Producer(Protocol):
    """Writes messages batch by batch."""

    def write(self, messages: Sequence[Message], left: Left, meanwhile: Meanwhile = nothing) -> None:
        """Write messages and await the broker's word on each within the seconds that are `left`. Raises KafkaError.

        `meanwhile` is called once all of them are on their way, to use the time that the broker takes.
        """

    def begin_transaction(self, membership: Membership, records: Iterable[ReceivedRecord]) -> None:
        """What is written from now on is one transaction with the offsets after `records`. Raises KafkaError.

        The broker refuses it, now or later, where `membership` is no longer that of a member.
        """

    def commit_transaction(self, left: Left) -> None:
        """Commit the transaction in the seconds that are `left`. Raises KafkaError.

        After an error only a new producer of the same id can tell what became of it.
        """

    def close(self, seconds: float) -> None:
        """Close within about `seconds`; what the broker has not taken by then is not sent any more."""


class Client(Protocol):
    """One package that talks to Kafka. Each method raises KafkaError.

    What writes is idempotent, waits for all replicas, and has failed with what was not taken in `delivery_seconds`.
    """

    def consumer(self, servers: str, group: str, instance_id: str, bootstrap_seconds: float) -> Consumer:
        """A consumer in `group`."""

    def sender(self, servers: str, delivery_seconds: int) -> Sender:
        """A sender, once a broker has answered."""

    def producer(self, servers: str, delivery_seconds: int, bootstrap_seconds: float) -> Producer:
        """A producer."""

    def transactional_producer(
        self, servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float
    ) -> Producer:
        """One whose open transaction, and that of any earlier one of the same id, is ended before it returns."""
