"""Bytes on the broker that no client can read: how far they reach is never guessed beyond what is certain."""

import sys
from collections.abc import Iterator
from types import MethodType, SimpleNamespace
from typing import Any

import pytest
from kafka.consumer.fetcher import CompletedFetch, Fetcher
from kafka.errors import CorruptRecordError, KafkaError, UnknownError, for_code
from kafka.record.memory_records import MemoryRecords

from petalstream.broker import UnreadableRecords, UnreadableTopics
from petalstream.broker.kafka_python.consumer import poll
from petalstream.broker.kafka_python.workarounds import Batches, _name_coordinates
from tests.records import Record
from tests.unit.consumer.batches import (
    ATTRIBUTES,
    CHECKSUM,
    EPOCH,
    FORMAT,
    LAST_OFFSET_DELTA,
    LENGTH,
    PARTITION,
    altered,
    batch,
    checked,
    read_on,
    taken,
)

FIRST, MIDDLE, LAST = batch(7), batch(10), batch(13)
LARGER_DELTAS = [3, 1_000, 2**31 - 1]
SMALLER_DELTAS = [1, 0, -1, -5, -(2**31)]


def spoilt(raw: bytes) -> bytes:
    """A batch whose checksum is wrong, and nothing else."""
    return altered(raw, CHECKSUM, 0)


def given_up(wanted: int, *batches: bytes) -> tuple[int, int]:
    """The first offset that cannot be read, and where to read on."""
    with pytest.raises(UnreadableRecords) as raised:
        taken(wanted, *batches)
    assert (raised.value.topic, raised.value.partition) == (PARTITION.topic, PARTITION.partition)
    return raised.value.first, raised.value.next


def test_records_that_can_be_read_are_taken_as_ever() -> None:
    assert taken(7, FIRST, MIDDLE, LAST) == list(range(7, 16))
    assert taken(11, MIDDLE, LAST) == list(range(11, 16))
    assert taken(11, FIRST, MIDDLE, LAST) == list(range(11, 16))
    assert taken(7) == []


def test_a_corrupt_batch_is_given_up_from_its_first_offset_to_its_last() -> None:
    assert given_up(10, spoilt(MIDDLE), LAST) == (10, 13)
    assert given_up(10, spoilt(MIDDLE)) == (10, 13)
    assert read_on(FIRST, spoilt(MIDDLE), LAST, end=16) == ([7, 8, 9, 13, 14, 15], [10, 11, 12])


def test_of_a_corrupt_batch_only_what_was_wanted_is_given_up() -> None:
    assert given_up(11, spoilt(MIDDLE), LAST) == (11, 13)


@pytest.mark.parametrize("delta", LARGER_DELTAS)
def test_a_batch_that_claims_to_reach_too_far_is_given_up_with_exactly_its_own_offsets(delta: int) -> None:
    middle = altered(MIDDLE, LAST_OFFSET_DELTA, delta)
    assert given_up(10, middle, LAST) == (10, 13)
    assert read_on(FIRST, middle, LAST, end=16) == ([7, 8, 9, 13, 14, 15], [10, 11, 12])


@pytest.mark.parametrize("delta", LARGER_DELTAS)
def test_the_batch_behind_one_that_claims_to_reach_too_far_is_handed_out_whole(delta: int) -> None:
    # The broker believes the claim, so that it begins a fetch from behind the batch with that batch again.
    middle = altered(MIDDLE, LAST_OFFSET_DELTA, delta)
    assert taken(13, middle, LAST) == [13, 14, 15]
    assert taken(14, middle, LAST) == [14, 15]
    assert taken(13, altered(FIRST, LAST_OFFSET_DELTA, delta), middle, LAST, batch(16)) == list(range(13, 19))


@pytest.mark.parametrize("delta", SMALLER_DELTAS)
def test_a_batch_that_claims_to_end_too_early_is_given_up_whole_and_costs_the_next_one_nothing(delta: int) -> None:
    middle = altered(MIDDLE, LAST_OFFSET_DELTA, delta)
    assert given_up(10, middle, LAST) == (10, 13)
    assert read_on(FIRST, middle, LAST, end=16) == ([7, 8, 9, 13, 14, 15], [10, 11, 12])


@pytest.mark.parametrize("delta", LARGER_DELTAS)
def test_a_batch_that_claims_too_much_is_bounded_by_one_that_the_fetch_has_cut_off(delta: int) -> None:
    middle = altered(MIDDLE, LAST_OFFSET_DELTA, delta)
    assert given_up(10, middle, LAST[:20]) == (10, 13)
    assert given_up(10, middle, LAST[:5]) == (10, 13)
    assert taken(13, middle, LAST[:20]) == []


def test_two_corrupt_batches_in_a_row_are_given_up_each_to_its_own_end() -> None:
    far = altered(MIDDLE, LAST_OFFSET_DELTA, 1_000)
    assert given_up(10, far, spoilt(LAST)) == (10, 13)
    assert read_on(FIRST, far, altered(LAST, LAST_OFFSET_DELTA, 1_000), batch(16), end=19) == (
        [7, 8, 9, 16, 17, 18],
        list(range(10, 16)),
    )


def test_offsets_that_a_compaction_has_removed_behind_a_corrupt_batch_are_not_made_dead_letters() -> None:
    assert given_up(10, spoilt(MIDDLE), batch(25)) == (10, 13)


def test_a_following_batch_whose_first_offset_is_corrupt_does_not_keep_reading_from_going_on() -> None:
    assert given_up(10, spoilt(MIDDLE), batch(3)) == (10, 11)
    assert taken(10, MIDDLE, batch(3)) == [10, 11, 12, 3, 4, 5]


def test_of_an_unknown_batch_one_offset_is_given_up() -> None:
    assert given_up(10, altered(MIDDLE, LENGTH, 5), LAST) == (10, 11)
    assert Batches(MemoryRecords(b""), 10).after(10) == 11


def flipped_bits(places: range) -> Iterator[bytes]:
    """The first batch with one bit flipped, for each bit at these places."""
    for place in places:
        for bit in range(8):
            flipped = bytearray(FIRST)
            flipped[place] ^= 1 << bit
            yield bytes(flipped)


def test_a_flipped_bit_makes_records_of_its_own_batch_unreadable_and_none_of_the_next() -> None:
    # Before these stand the batch's offset, length, leader's epoch and format, which no checksum covers.
    for flipped in flipped_bits(range(CHECKSUM, len(FIRST))):
        first, after = given_up(7, flipped, MIDDLE)
        assert first == 7
        assert 7 < after <= 10


def test_a_flipped_bit_in_the_leaders_epoch_does_no_harm() -> None:
    assert all(taken(7, flipped, MIDDLE) == list(range(7, 13)) for flipped in flipped_bits(range(EPOCH, FORMAT)))


def test_a_flipped_bit_in_the_format_does_no_harm_or_makes_records_of_its_own_batch_unreadable() -> None:
    for flipped in flipped_bits(range(FORMAT, CHECKSUM)):
        try:
            read = taken(7, flipped, MIDDLE)
        except UnreadableRecords as error:
            read = list(range(error.next, 13))
        assert read[-3:] == [10, 11, 12]


def test_a_codec_that_is_not_installed_is_no_fault_of_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    snappy = bytearray(FIRST)
    snappy[ATTRIBUTES + 1] |= 2
    monkeypatch.setitem(sys.modules, "cramjam", None)
    with pytest.raises(UnreadableTopics, match=r"iris\.requests cannot be read: .*snappy needs the package cramjam"):
        taken(7, checked(bytes(snappy)))


def answered(code: int) -> tuple[Any, CompletedFetch]:
    """A patched fetcher, and a fetch from offset 17 on that the broker answered with an error."""
    subscriptions = SimpleNamespace(is_fetchable=lambda partition: True, move_partition_to_end=lambda partition: None)
    fetcher = SimpleNamespace(_subscriptions=subscriptions)
    fetcher._parse_fetched_data = MethodType(Fetcher._parse_fetched_data, fetcher)
    _name_coordinates(fetcher)
    return fetcher, CompletedFetch(PARTITION, 17, 12, SimpleNamespace(error_code=code, high_watermark=-1), None)


def test_where_the_broker_itself_says_that_a_batch_is_corrupt_the_one_offset_that_was_asked_for_is_given_up() -> None:
    fetcher, completed = answered(CorruptRecordError.errno)
    with pytest.raises(UnreadableRecords, match=r"iris\.requests\[3\]@17 cannot be read: ") as raised:
        fetcher._parse_fetched_data(completed)
    assert (raised.value.topic, raised.value.partition) == ("iris.requests", 3)
    assert (raised.value.first, raised.value.next) == (17, 18)
    assert isinstance(raised.value.__cause__, CorruptRecordError)


def test_any_other_error_of_the_broker_is_not_taken_for_corrupt_bytes() -> None:
    fetcher, completed = answered(UnknownError.errno)
    with pytest.raises(KafkaError) as raised:
        fetcher._parse_fetched_data(completed)
    assert type(raised.value) is for_code(UnknownError.errno)


@pytest.mark.parametrize(
    ("claimed", "end", "bounded"), [(20, 15, 15), (20, 25, 20), (2**40, 11, 11), (20, None, 20), (20, 5, 11)]
)
def test_they_end_where_the_partition_ends_at_the_latest(claimed: int, end: int | None, bounded: int) -> None:
    def unreadable(**_: int) -> None:
        raise UnreadableRecords("iris.requests", 3, 10, claimed, ValueError("failed crc check"))

    client = SimpleNamespace(poll=unreadable, highwater=lambda partition: end)
    with pytest.raises(UnreadableRecords) as raised:
        poll(client, 0, 1)
    assert (raised.value.first, raised.value.next) == (10, bounded)


def test_polled_records_come_as_one_list_in_order_within_each_partition() -> None:
    first, second, other = Record(offset=1), Record(offset=2), Record(partition=1)
    client = SimpleNamespace(poll=lambda **_: {"iris-0": [first, second], "iris-1": [other]})
    assert poll(client, 0, 500) == [first, second, other]
