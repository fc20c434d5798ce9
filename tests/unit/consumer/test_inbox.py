"""The inbox of a lane: the first records are read before they are removed, and only those of one assignment."""

import threading

import pytest

from services.consumer.lanes.inbox import Inbox
from tests.records import Record
from tests.unit.consumer.fakes import new_assignment

NOW, NEXT = new_assignment("member 1"), new_assignment("member 2")


def records(*offsets: int, value: bytes = b"{}") -> list[Record]:
    """Requests at these offsets."""
    return [Record(offset=offset, key=None, value=value) for offset in offsets]


def offsets(inbox: Inbox, most: int = 100, most_bytes: int = 1_000) -> list[int]:
    """The offsets of the batch at the front."""
    batch = inbox.first(most, most_bytes)
    assert batch is not None
    return [record.offset for record in batch.records]


def test_what_is_read_stays_until_it_is_removed() -> None:
    inbox = Inbox(10, 1_000)
    inbox.add(records(1, 2, 3), NOW)
    assert offsets(inbox, most=2) == [1, 2]
    batch = inbox.first(2, 1_000)
    assert batch is not None
    inbox.remove(batch, 1)
    assert offsets(inbox) == [2, 3]


def test_a_batch_has_at_most_so_many_bytes_but_a_larger_record_comes_alone() -> None:
    inbox = Inbox(10, 10_000)
    inbox.add(records(1, 2, value=b"x" * 40) + records(3, value=b"x" * 500), NOW)
    assert offsets(inbox, most_bytes=83) == [1, 2], "two values, a comma and two brackets"
    assert offsets(inbox, most_bytes=82) == [1]
    batch = inbox.first(2, 1_000)
    assert batch is not None
    inbox.remove(batch, 2)
    assert offsets(inbox, most_bytes=100) == [3]


@pytest.mark.parametrize(("count", "value"), [(8, b"{}"), (4, b"x" * 250)])
def test_once_it_is_full_by_records_or_by_bytes_it_has_no_room_until_a_quarter_is_left(
    count: int, value: bytes
) -> None:
    inbox = Inbox(8, 1_000)
    inbox.add(records(*range(count - 1), value=value), NOW)
    assert not inbox.is_full
    inbox.add(records(count, value=value), NOW)
    assert inbox.is_full
    batch = inbox.first(8, 10_000)
    assert batch is not None
    inbox.remove(batch, count * 3 // 4 - 1)
    assert inbox.is_full
    inbox.remove(batch, 1)
    assert not inbox.is_full


def test_keys_and_headers_count_for_what_it_has_and_not_for_a_request() -> None:
    inbox = Inbox(8, 1_000)
    large = Record(offset=1, key=b"k" * 500, value=b"{}", headers=[("trace", b"x" * 500)])
    inbox.add([large, *records(2)], NOW)
    assert inbox.is_full
    assert offsets(inbox, most_bytes=10) == [1, 2]


def test_records_of_a_new_assignment_replace_those_of_the_last_one() -> None:
    inbox = Inbox(2, 100)
    inbox.add(records(1, value=b"x" * 100), NOW)
    batch = inbox.first(1, 1_000)
    assert batch is not None
    inbox.add(records(7), NEXT)
    inbox.remove(batch, 1)
    assert offsets(inbox) == [7], "what is removed is of the assignment before"
    assert not inbox.is_full


def test_a_reader_waits_for_records_and_is_woken_by_the_end() -> None:
    inbox = Inbox(2, 100)
    found: list[object] = []
    reader = threading.Thread(target=lambda: found.extend([inbox.first(1, 100), inbox.first(1, 100)]))
    reader.start()
    inbox.add(records(1), NOW)
    inbox.clear()
    inbox.close()
    reader.join(5)
    assert found[-1] is None
    assert inbox.is_empty
