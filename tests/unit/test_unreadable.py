"""Bytes on the broker that no client can read: how far they reach is never guessed beyond what is certain."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from kafka import TopicPartition
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from petalstream import broker
from petalstream.broker import UnreadableRecords, UnsupportedCodecError
from petalstream.broker.mends import _Batches, _Records
from tests.records import Record
from tests.unit.fakes import Consumer

CORRUPT = ValueError("failed crc check")


def batch(base: int, after: int) -> SimpleNamespace:
    """A record batch as far as its header tells: its first offset, and the one after its last."""
    return SimpleNamespace(base_offset=base, next_offset=after)


class Fetched:
    """The batches of a fetch, in order; an exception stands for a header that cannot be read."""

    def __init__(self, *batches: SimpleNamespace | Exception) -> None:
        self._batches: Iterator[SimpleNamespace | Exception] = iter(batches)

    def next_batch(self) -> SimpleNamespace | None:
        found = next(self._batches, None)
        if isinstance(found, Exception):
            raise found
        return found


def after(offset: int, *batches: SimpleNamespace | Exception) -> int:
    """Where to read on after `offset` in the first of the batches."""
    unpacked = _Batches(Fetched(*batches))
    unpacked.next_batch()
    return unpacked.after(offset)


def test_batches_are_handed_on_as_they_come() -> None:
    first, second = batch(10, 20), batch(20, 30)
    unpacked = _Batches(Fetched(first, second))
    assert [unpacked.next_batch() for _ in range(3)] == [first, second, None]


def test_a_corrupt_batch_reaches_to_its_end() -> None:
    assert after(10, batch(10, 20)) == 20
    assert after(10, batch(10, 20), batch(20, 30)) == 20


def test_an_end_that_is_corrupt_itself_is_bounded_by_the_batch_that_follows() -> None:
    assert after(10, batch(10, 2**40), batch(20, 30)) == 20


def test_offsets_that_a_compaction_has_removed_behind_a_corrupt_batch_are_not_made_dead_letters() -> None:
    assert after(10, batch(10, 20), batch(25, 30)) == 20


@pytest.mark.parametrize("end", [-5, 0, 10])
def test_reading_goes_on_by_at_least_one_offset_wherever_the_corrupt_end_lies(end: int) -> None:
    assert after(10, batch(10, end), batch(20, 30)) == 11
    assert after(10, batch(10, end), batch(3, 30)) == 11


def test_a_following_batch_that_is_corrupt_too_does_not_hide_the_first_ones_end() -> None:
    assert after(10, batch(10, 20), CORRUPT) == 20


def test_of_an_unknown_batch_one_offset_is_given_up() -> None:
    unpacked = _Batches(Fetched(batch(10, 20), CORRUPT))
    unpacked.next_batch()
    with pytest.raises(ValueError, match="failed crc check"):
        unpacked.next_batch()
    assert unpacked.after(20) == 21
    assert _Batches(Fetched()).after(10) == 11


def test_reading_goes_on_after_a_batch_that_has_become_one_of_a_format_without_an_end() -> None:
    legacy = SimpleNamespace(base_offset=10)
    assert 10 < after(10, legacy, batch(20, 30)) <= 20
    assert after(10, legacy) == 11


def fetched(first: int) -> bytearray:
    """A batch of three records from offset `first` on, as a broker hands it over."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=10_000)
    for number in range(3):
        builder.append(1_000, b"key", b"value %d" % number, [("name", b"held")])
    builder.close()
    return bytearray(first.to_bytes(8, "big") + builder.buffer()[8:])


def taken(raw: bytes) -> list[int]:
    """The offsets of the records that the mended client reads from these bytes. Raises UnreadableRecords."""
    records = _Records(7, TopicPartition("iris.requests", 3), MemoryRecords(raw))
    return [record.offset for record in records.take(10)]


def test_records_that_can_be_read_are_taken_as_ever() -> None:
    assert taken(bytes(fetched(7) + fetched(10))) == [7, 8, 9, 10, 11, 12]


def flipped_bits(places: range) -> Iterator[bytes]:
    """The first batch with one bit flipped, for each bit at these places, and a good batch after it."""
    for place in places:
        for bit in range(8):
            flipped = fetched(7)
            flipped[place] ^= 1 << bit
            yield bytes(flipped + fetched(10))


def test_a_flipped_bit_makes_records_of_its_own_batch_unreadable_and_none_of_the_next() -> None:
    # Before these stand the batch's offset, length, leader's epoch and format, which no checksum covers.
    for raw in flipped_bits(range(17, len(fetched(7)))):
        with pytest.raises(UnreadableRecords) as raised:
            taken(raw)
        assert (raised.value.topic, raised.value.partition, raised.value.first) == ("iris.requests", 3, 7)
        assert 7 < raised.value.next <= 10


def test_a_flipped_bit_in_the_leaders_epoch_does_no_harm() -> None:
    assert all(taken(raw) == [7, 8, 9, 10, 11, 12] for raw in flipped_bits(range(12, 16)))


def test_a_flipped_bit_in_the_format_does_no_harm_or_makes_records_of_its_own_batch_unreadable() -> None:
    for raw in flipped_bits(range(16, 17)):
        try:
            read = taken(raw)
        except UnreadableRecords as error:
            read = list(range(error.next, 13))
        assert read[-3:] == [10, 11, 12]


def test_a_codec_that_is_not_installed_is_no_fault_of_the_records() -> None:
    snappy = fetched(7)
    snappy[22] |= 2
    snappy[17:21] = calc_crc32c(bytes(snappy[21:])).to_bytes(4, "big")
    with pytest.raises(UnsupportedCodecError, match="snappy"):
        taken(bytes(snappy))


def unreadable(first: int, after: int) -> Callable[[int], list[Record]]:
    """What comes of a poll that meets them."""

    def polled(number: int) -> list[Record]:
        raise UnreadableRecords("iris.requests", 3, first, after, CORRUPT)

    return polled


@pytest.mark.parametrize(
    ("claimed", "end", "bounded"), [(20, 15, 15), (20, 25, 20), (2**40, 11, 11), (20, None, 20), (20, 5, 11)]
)
def test_they_end_where_the_partition_ends_at_the_latest(claimed: int, end: int | None, bounded: int) -> None:
    consumer = Consumer(unreadable(10, claimed))
    consumer.end = end
    with pytest.raises(UnreadableRecords) as raised:
        broker.poll(consumer, 0, 1)
    assert (raised.value.first, raised.value.next) == (10, bounded)


def test_polled_records_come_as_one_list_in_order_within_each_partition() -> None:
    first, second = Record(offset=1), Record(offset=2)
    assert broker.poll(Consumer(lambda number: [first, second]), 0, 500) == [first, second]
