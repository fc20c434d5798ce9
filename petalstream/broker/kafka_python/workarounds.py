"""Workarounds for defects of kafka-python 3.0.12 in consumers; each changes private parts of the client."""

from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, KafkaTimeoutError

from petalstream.broker.errors import UnreadableRecords, UnreadableTopics, UnsupportedCodecError
from petalstream.broker.kafka_python.group_workarounds import work_around_group


def work_around(consumer: KafkaConsumer) -> KafkaConsumer:
    """Return the consumer with the workarounds of this file and of group_workarounds."""
    work_around_group(consumer)
    _name_coordinates(consumer._fetcher)
    _clear_tracebacks(consumer._fetcher._net)
    _return_parked_records(consumer._fetcher)
    consumer._fetcher.PartitionRecords = Records
    return consumer


def _name_coordinates(fetcher: Any) -> None:
    """Raise a broker's CORRUPT_MESSAGE with topic, partition and offset, which the client leaves out."""
    parse = fetcher._parse_fetched_data

    def parse_with_coordinates(completed: Any) -> Any:
        try:
            return parse(completed)
        except CorruptRecordError as error:
            (topic, partition), first = completed.topic_partition, completed.fetched_offset
            raise UnreadableRecords(topic, partition, first, first + 1, error) from error

    fetcher._parse_fetched_data = parse_with_coordinates


def _clear_tracebacks(net: Any) -> None:
    """Clear the traceback of a poll timeout.

    The client keeps the error as long as a fetch is in flight, and with its frames all that their callers refer to,
    such as a batch of records.
    """
    run = net.run

    def run_and_clear(*call: Any) -> Any:
        try:
            return run(*call)
        except KafkaTimeoutError as error:
            error.__traceback__ = None
            raise KafkaTimeoutError(*error.args) from None

    net.run = run_and_clear


def _return_parked_records(fetcher: Any) -> None:
    """Return the fetched records of a partition that was resumed.

    The client parks records of a paused partition. If another partition was read meanwhile, it neither returns them nor
    fetches them again. Here they are exchanged with the records that are being read.
    """
    fetched_records, parked = fetcher.fetched_records, fetcher._paused_partition_records

    def fetched_with_parked_records(*call: Any, **named: Any) -> Any:
        resumed = next((partition for partition in parked if not fetcher._subscriptions.is_paused(partition)), None)
        if resumed is not None:
            current, fetcher._next_partition_records = fetcher._next_partition_records, parked.pop(resumed)
            if current:
                parked[current.topic_partition] = current
        return fetched_records(*call, **named)

    fetcher.fetched_records = fetched_with_parked_records


class Records(Fetcher.PartitionRecords):  # type: ignore[misc]
    """The fetched records of one partition; unreadable bytes raise UnreadableRecords with the range of offsets.

    The client's own class raises no offsets, and then poll() loops forever over the records that it cannot read. If the
    partition is paused at that moment, it forgets the error and loops later.
    """

    _batches: "Batches"

    def take(self, n: int | None = None) -> list[Any]:
        """Return up to `n` records.

        Raises UnreadableTopics without a codec, and UnreadableRecords after each fetch until the position is past them.
        """
        try:
            taken: list[Any] = super().take(n)
            return taken
        except UnsupportedCodecError as error:
            self.drain()  # not corrupt: readable once the codec is installed
            raise UnreadableTopics([self.topic_partition.topic], error) from error
        except Exception as error:
            self.drain()
            topic, partition = self.topic_partition
            first = self.next_fetch_offset
            raise UnreadableRecords(topic, partition, first, self._batches.after(first), error) from error

    def _unpack_records(self, tp: Any, records: Any, *deserializers: Any) -> Any:
        self._batches = self._batches_of(records)
        return super()._unpack_records(tp, self._batches, *deserializers)

    def _batches_of(self, records: Any) -> "Batches":
        return Batches(records, self.fetch_offset)


class Batches:
    """The record batches of a fetch from offset `wanted` on; knows the one that is being unpacked.

    Two fields of a batch, which may both be corrupt, say where it ends; the next batch says where it begins. Offsets
    that belong to the next batch are not skipped, nor are offsets that neither field counts to this one.
    """

    def __init__(self, records: Any, wanted: int) -> None:
        self._records, self._wanted = records, wanted
        self._current: Any = None

    def next_batch(self) -> Any:
        """Return the next batch that may hold a wanted record, None after the last one. The client calls it."""
        self._current = None
        while (batch := self._records.next_batch()) is not None:
            following = self._base_of_next()
            if following is None or following > self._wanted or following <= batch.base_offset:
                break
        self._current = batch
        return batch

    def after(self, offset: int) -> int:
        """Return the offset to read on at if the record at `offset` is unreadable: after its batch, or after itself."""
        following, batch = self._base_of_next(), self._current
        if batch is None or batch.magic != 2:
            return offset + 1
        ends = (batch.next_offset, batch.base_offset + batch.records_count)
        end: int = min(ends) if following is None else min(following, max(ends))
        return max(offset + 1, end)

    def _base_of_next(self) -> int | None:
        """Return the first offset of the next batch: its first eight bytes, also if the fetch cut it off."""
        ahead = self._records._next_slice
        if ahead is None:
            ahead = self._records._buffer[self._records._pos :]
        return int.from_bytes(bytes(ahead[:8]), "big") if len(ahead) >= 8 else None
