"""Interfaces of a Kafka client, a consumer in a group and a producer; both packages implement them."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol

from petalstream.broker.errors import KafkaError
from petalstream.broker.partitions import PartitionListener, Positions
from petalstream.messages import Message, ReceivedRecord

# Identifies a member and a generation of the group to the broker.
Membership = Any
# Returns how many seconds are left.
Left = Callable[[], float]

BOOTSTRAP_SECONDS = 30
# The broker aborts a transaction that is open for longer.
TRANSACTION_SECONDS = 10
MAX_DEAD_LETTER_BYTES = 2 * 1024 * 1024
# The most bytes of fetches that a consumer has in flight or in its queue.
FETCH_BYTES, PARTITION_FETCH_BYTES = 2 * 1024 * 1024, 512 * 1024
# A fetch waits this long for records. Meanwhile a partition that was just resumed is not fetched.
FETCH_WAIT_MS = 100
# Members learn by a heartbeat that a rebalance waits for them.
SESSION_MS, HEARTBEAT_MS, METADATA_MS = 10_000, 500, 5_000
# Whether a topic was created again is asked so often.
TOPIC_ID_SECONDS = 1
# Where a new partition begins is looked up for so long at a time, so often, while others are polled.
LOOK_UP_SECONDS, LOOK_UP_PAUSE_SECONDS, MOST_LOOK_UP_SECONDS = 0.2, 0.5, 60
MOST_RECONNECT_MS = 1_000
# A message waits this long for others of its partition.
LINGER_MS = 2
# More than a partition gets of a batch of ordinary records, which is then sent as one batch.
PRODUCE_BYTES = 512 * 1024
# A new topic may take this long to reach the broker that is asked for it.
TOPIC_MS = 2_000


class PartitionProgress(NamedTuple):
    """An assigned partition: the offset of the next record that a poll returns, and the last stable offset.

    Either is None while the client does not know it.
    """

    topic: str
    partition: int
    position: int | None
    end: int | None


class Consumer(Protocol):
    """A member of a group, with cooperative rebalances (KIP-429): partitions that stay with it are read on.

    It commits only what it is told to. It reads committed records only: none of an aborted or an open transaction.
    """

    def subscribe(self, topics: Collection[str], listener: PartitionListener) -> None:
        """Read these topics, at least one, from the next polls on, and no others any more.

        A topic that does not exist is read once it is created. A call after the first one leads to a rebalance.
        """

    def poll(self, seconds: float, most: int) -> list[ReceivedRecord]:
        """Return up to `most` records as soon as there are any, none after `seconds`.

        Records of one partition are in order. Raises KafkaError, UnreadableRecords until skip() was called, and
        UnreadableTopics until subscribe() was called without them.
        """

    def membership(self) -> Membership:
        """Return the current membership, for the transactions of the group."""

    def topics(self) -> set[str]:
        """Return the topics of the assigned partitions."""
        ...

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker; any thread may ask."""
        ...

    def has_joined(self) -> bool:
        """Whether the consumer is a member of its group now, and no rebalance is under way."""
        ...

    def progress(self) -> list[PartitionProgress]:
        """Return the progress in each assigned partition, as far as the client knows it."""
        ...

    def refresh_ends(self, seconds: float) -> None:
        """Ask the broker, for up to `seconds`, for the ends that progress() returns and the client does not learn.

        Another thread may call it, and not while close() is called. Raises KafkaError.
        """

    def pause(self, topics: Collection[str]) -> None:
        """Stop returning records of `topics`; other topics are still polled."""

    def resume(self, topics: Collection[str]) -> None:
        """Return records of `topics` again, from where they were paused."""

    def skip(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition from `offset` on, after UnreadableRecords. Raises KafkaError."""

    def commit(self, positions: Positions, seconds: float) -> None:
        """Commit in about `seconds`. Raises KafkaError.

        One of REBALANCING means that the group is rebalanced now, or that a partition is not assigned.
        """

    def close(self, seconds: float) -> None:
        """Leave the group within about `seconds` without a commit. Raises nothing."""


class Sender(Protocol):
    """Sends messages one by one, each soon."""

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        """Send one message; call `refused`, maybe from another thread, if it does not arrive.

        Raises KafkaError if the client itself refuses it.
        """

    def is_connected(self) -> bool:
        """Whether the client is connected to at least one broker; any thread may ask."""
        ...

    def flush(self, seconds: float) -> int:
        """Wait until the fate of every message is known; return how many are unknown after `seconds`."""
        ...

    def close(self, seconds: float) -> None:
        """Close within about `seconds`; messages that the broker has not taken by then are dropped."""


class Producer(Protocol):
    """Writes batches of messages. One thread at a time may use it."""

    def write(self, messages: Sequence[Message], left: Left) -> dict[int, KafkaError]:
        """Write messages in the seconds that are `left`; return the error of each that was not acknowledged, by index.

        A message whose fate is unknown in the end has KafkaTimeoutError. Refused messages may take others of the same
        write with them (see RECORD_ERRORS), which can be written again; in a transaction, after it was aborted.
        Raises KafkaError if only a new producer can go on.
        """
        ...

    def begin_transaction(self, membership: Membership, positions: Positions) -> None:
        """Begin a transaction that also commits `positions`. Raises KafkaError.

        The broker refuses it, now or later, if `membership` is not that of a member any more.
        """

    def commit_transaction(self, left: Left) -> None:
        """Commit the transaction in the seconds that are `left`. Raises KafkaError.

        After an error the transaction may have been committed: only the committed offsets tell, once a new producer of
        the same id exists.
        """

    def abort_transaction(self, left: Left) -> None:
        """Abort the open transaction in the seconds that are `left`; another one can begin then.

        Raises KafkaError if only a new producer of the same id can go on.
        """

    def close(self, seconds: float) -> None:
        """Close within about `seconds`; messages that the broker has not taken by then are dropped."""


class Client(Protocol):
    """One package that talks to Kafka. Each method raises KafkaError.

    Senders and producers are idempotent and wait for all replicas. A message fails if it was not taken in
    `delivery_seconds`.
    """

    def consumer(self, servers: str, group: str, instance_id: str, bootstrap_seconds: float) -> Consumer:
        """Return a consumer in `group`."""
        ...

    def sender(self, servers: str, delivery_seconds: int) -> Sender:
        """Return a sender once a broker has answered."""
        ...

    def producer(self, servers: str, delivery_seconds: int, bootstrap_seconds: float) -> Producer:
        """Return a producer."""
        ...

    def transactional_producer(
        self, servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float
    ) -> Producer:
        """Return a producer after it has ended an open transaction of an earlier producer of the same id.

        A process may have several, with different ids, for one membership (KIP-447).
        """
        ...
