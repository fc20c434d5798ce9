"""What kafka-python 3.0.12 does not do by itself, mended from outside; each reaches into the client, and says why."""

from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import KafkaError, UnsupportedCodecError


class UnreadableRecords(KafkaError):  # type: ignore[misc]
    """Offsets `first` up to, not including, `next` of a partition hold bytes that no client can read as records."""

    def __init__(self, topic: str, partition: int, first: int, next_offset: int, fault: BaseException) -> None:
        super().__init__(fault)
        self.topic, self.partition, self.first, self.next = topic, partition, first, next_offset

    def __str__(self) -> str:
        last = f" to {self.next - 1}" if self.next > self.first + 1 else ""
        return f"{self.topic}[{self.partition}]@{self.first}{last} cannot be read: {self.args[0]}"


def mend(consumer: KafkaConsumer) -> KafkaConsumer:
    """The consumer, with the mends of this file."""
    _keep_assignments(consumer._coordinator)
    consumer._fetcher.PartitionRecords = _Records
    return consumer


def _keep_assignments(coordinator: Any) -> None:
    """Have a consumer join again when a poll ran out of time while it was joining.

    The client lets the join go on in the background, but where it was for a new topic or partition, the next poll sees
    no reason to rejoin, never looks at the join's outcome, and the consumer has no partitions for ever.
    """
    needed = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: coordinator._join_task is not None or needed()


class _Records(Fetcher.PartitionRecords):  # type: ignore[misc]
    """The fetched records of one partition; bytes that cannot be read are raised with the range of their offsets.

    The client's own class says only what is wrong, and after that poll() turns for ever around the records it has not
    got; or, where the partition is paused just then, forgets the error and turns for ever later.
    """

    _batches: "_Batches"

    def take(self, n: int | None = None) -> list[Any]:
        """Up to `n` records. Raises UnreadableRecords, on each fetch anew until the position is past them."""
        try:
            taken: list[Any] = super().take(n)
            return taken
        except UnsupportedCodecError:
            self.drain()  # not corrupt: it can be read once the codec is installed
            raise
        except Exception as error:
            self.drain()
            topic, partition = self.topic_partition
            first = self.next_fetch_offset
            raise UnreadableRecords(topic, partition, first, self._batches.after(first), error) from error

    def _unpack_records(self, tp: Any, records: Any, *deserializers: Any) -> Any:
        self._batches = _Batches(records)
        return super()._unpack_records(tp, self._batches, *deserializers)


class _Batches:
    """The record batches of a fetch, remembering the one that is being unpacked."""

    def __init__(self, records: Any) -> None:
        self._records = records
        self._current: Any = None

    def next_batch(self) -> Any:
        """The next batch, None after the last; the client asks for it."""
        self._current = None
        self._current = self._records.next_batch()
        return self._current

    def after(self, offset: int) -> int:
        """Where to read on after what is at `offset` could not be read: past its batch, or else past itself.

        A batch's own end is part of what may be corrupt, and where the next one begins is not: that one decides.
        """
        if self._current is None:
            return offset + 1
        # A flipped bit can make the client take it for a batch of an old format, which does not say where it ends.
        end: int = getattr(self._current, "next_offset", offset + 1)
        try:
            following = self._records.next_batch()
        except Exception:  # the next one is corrupt too, which the next fetch will say
            following = None
        return max(offset + 1, min(end, following.base_offset) if following else end)
