"""A batch is decoded only as far as it is asked for, and then as kafka-python decodes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.broker import Batch, UnreadableRecords
from tests.unit.dashboard.batches import Row, batch

TEXT = st.text("abcsource_\x00é", max_size=80)
HEADERS = st.lists(st.tuples(TEXT, st.binary(max_size=200)), max_size=6)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(1_700_000_000_000, 1_700_000_100_000),
        st.none() | st.binary(max_size=80),
        st.none() | st.binary(max_size=300),
        HEADERS,
    ),
    min_size=1,
    max_size=5,
)


@given(ROWS, st.sampled_from([0, 1]))
def test_records_and_single_headers_are_those_that_were_written(rows: list[Row], compression: int) -> None:
    offset, written = 100, list[Row]()
    for step, *rest in rows:
        written.append((offset, *rest))  # type: ignore[arg-type]
        offset += step
    found = batch("iris.requests", 3, written, compression)
    assert (found.count, found.first, found.next) == (len(written), 100, written[-1][0] + 1)
    assert list(found.offsets()) == [row[0] for row in written]
    assert [
        (record.offset, record.timestamp, record.key, record.value, list(record.headers)) for record in found.records()
    ] == written
    entries = found.entries([b"source_a", b"abc"])
    for entry, row in zip(entries, written, strict=True):
        last = {name.encode(): value for name, value in row[4]}
        assert entry.values == (last.get(b"source_a"), last.get(b"abc"))
        assert (entry.offset, entry.timestamp) == row[:2]


def test_of_headers_with_one_name_the_last_counts() -> None:
    found = batch("iris.predictions", 0, [(5, 1000, None, None, [("source_offset", b"1"), ("source_offset", b"2")])])
    assert found.entries([b"source_offset"])[0].values == (b"2",)


def test_bytes_that_are_no_records_are_unreadable_at_their_offsets() -> None:
    whole = batch("iris.predictions", 2, [(7, 1000, b"k", b"v" * 50, []), (8, 1000, b"k", b"v" * 50, [])])
    raw = whole._raw
    raw._buffer = raw._buffer[:-20]
    with pytest.raises(UnreadableRecords, match=r"iris\.predictions\[2\]@7 to 8 cannot be read"):
        Batch("iris.predictions", 2, raw).entries([b"source_offset"])
